// The test waits for `result`.
async function readSector() {
  const isControlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  await navigator.serviceWorker.register('service_worker.js', { type: 'module' });
  await isControlled;
  return (await fetch('/sector')).json();
}

globalThis.result = readSector();
