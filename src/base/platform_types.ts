// Types of the platform that a program may lack: Node's types know neither WebAssembly nor what a message can move, and with
// `skipLibCheck: false` a program's compiler looks for every name of the library's types.

/** A `WebAssembly.Module`, of which the DOM's types tell no more either. */
export type CompiledModule = object;

/** What a module imports, by the names of modules and of their members. */
export type ModuleImports = Record<string, Record<string, (...args: never[]) => unknown>>;

/** Bytes as WebAssembly takes them. */
export type Bytes = ArrayBuffer | ArrayBufferView;

/** What a message moves to the other side, such as an `ArrayBuffer` or a port. */
export type Moved = object;
