// The test waits for `result`.
const worker = new Worker('worker.js', { type: 'module' });
globalThis.result = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = () => reject(new Error('the worker did not start'));
});
