// A measurement in a worker of the page, which runs the page's own script.

type Answer<Result> = { measurement: Result } | { error: string };

/** Has a worker of a script measure, which calls `answerMeasurements`. */
export function measureInWorker<Result>(script: string, job: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Answer<Result>>) => {
      worker.terminate();
      if ('measurement' in data) resolve(data.measurement);
      else reject(new Error(data.error));
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(job);
  });
}

export function answerMeasurements<Job>(measure: (job: Job) => Promise<object>): void {
  addEventListener('message', ({ data }: MessageEvent<Job>) => {
    measure(data).then(
      (measurement) => postMessage({ measurement }),
      (error: unknown) => postMessage({ error: String(error) }),
    );
  });
}
