// The engines that read file systems and images, of which the page has each once.
import { webFiles } from '../../web_files.js';
import { probe } from '../../worker_client.js';

export const { fileSystem, diskImage } = webFiles(probe);
