// libnbd's names in TypeScript.

/** `set_export_name` → `setExportName` */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `CMD_FLAG` → `CmdFlag`, `extent64` → `Extent64` */
export function pascalCase(name: string): string {
  const camel = camelCase(name.toLowerCase());
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}

/** The type of a closure's callback. */
export function callbackType(closure: string): string {
  return `${pascalCase(closure)}Callback`;
}
