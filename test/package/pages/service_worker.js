// A service worker that reads the disk, and tells what came as the answer to /sector.
import { readSector } from './read_sector.js';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname !== '/sector') return;
  event.respondWith(readSector('').then((result) => Response.json(result)));
});
