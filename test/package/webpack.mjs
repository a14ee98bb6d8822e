// Runs webpack with the configuration of a folder, as the command `webpack` does, which comes with webpack-cli and is not needed
// otherwise: node webpack.mjs FOLDER
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import webpack from 'webpack';

process.chdir(process.argv[2]);
const { default: config } = await import(pathToFileURL(join(process.cwd(), 'webpack.config.js')).href);
webpack(config, (error, stats) => {
  if (error !== null) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
});
