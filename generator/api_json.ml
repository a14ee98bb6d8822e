(* libnbd's API description as JSON, for generate.ts.
 *
 * Linked with upstream's utils.ml and API.ml, whose types it follows field by field: a kind of argument that a newer
 * libnbd adds stops this from compiling (the matches are exhaustive, and the build makes that warning an error), so
 * that nothing is left out in silence. Writes to the file named on the command line, since upstream's modules print to
 * standard output themselves.
 *)

open Printf
open API

type json =
  | String of string
  | Int of int
  | Bool of bool
  | Null
  | List of json list
  | Object of (string * json) list

let escape s =
  let buf = Buffer.create (String.length s + 16) in
  String.iter (
    function
    | '"' -> Buffer.add_string buf "\\\""
    | '\\' -> Buffer.add_string buf "\\\\"
    | '\n' -> Buffer.add_string buf "\\n"
    | c when Char.code c < 0x20 -> bprintf buf "\\u%04x" (Char.code c)
    | c -> Buffer.add_char buf c
  ) s;
  Buffer.contents buf

let rec output chan = function
  | String s -> fprintf chan "\"%s\"" (escape s)
  | Int i -> fprintf chan "%d" i
  | Bool b -> fprintf chan "%b" b
  | Null -> output_string chan "null"
  | List items -> output_sequence chan '[' ']' (output chan) items
  | Object fields ->
     let field (name, value) = fprintf chan "\"%s\":" (escape name); output chan value in
     output_sequence chan '{' '}' field fields
and output_sequence : 'a. out_channel -> char -> char -> ('a -> unit) -> 'a list -> unit =
  fun chan left right output_item items ->
    output_char chan left;
    List.iteri (fun i item -> if i > 0 then output_string chan ",\n"; output_item item) items;
    output_char chan right

let strings l = List (List.map (fun s -> String s) l)
let optional f = function None -> Null | Some x -> f x
let values l = List (List.map (fun (name, value) -> Object [ "name", String name; "value", Int value ]) l)

let kind name fields = Object (("kind", String name) :: fields)
let named kind_name name = kind kind_name [ "name", String name ]
let buffer kind_name name count = kind kind_name [ "name", String name; "count", String count ]

let arg : API.arg -> json = function
  | Bool n -> named "Bool" n
  | BytesIn (n, len) -> buffer "BytesIn" n len
  | BytesOut (n, len) -> buffer "BytesOut" n len
  | BytesPersistIn (n, len) -> buffer "BytesPersistIn" n len
  | BytesPersistOut (n, len) -> buffer "BytesPersistOut" n len
  | Closure { cbname } -> kind "Closure" [ "name", String cbname; "closure", String cbname ]
  | Enum (n, { enum_prefix }) -> kind "Enum" [ "name", String n; "type", String enum_prefix ]
  | Extent64 n -> named "Extent64" n
  | Fd n -> named "Fd" n
  | Flags (n, { flag_prefix }) -> kind "Flags" [ "name", String n; "type", String flag_prefix ]
  | Int n -> named "Int" n
  | Int64 n -> named "Int64" n
  | Path n -> named "Path" n
  | SizeT n -> named "SizeT" n
  | SockAddrAndLen (n, len) -> kind "SockAddrAndLen" [ "name", String n; "count", String len ]
  | String n -> named "String" n
  | StringList n -> named "StringList" n
  | UInt n -> named "UInt" n
  | UInt32 n -> named "UInt32" n
  | UInt64 n -> named "UInt64" n
  | UIntPtr n -> named "UIntPtr" n

let optarg : API.optarg -> json = function
  | OClosure { cbname } -> kind "OClosure" [ "name", String cbname; "closure", String cbname ]
  | OFlags (n, { flag_prefix }, subset) ->
     kind "OFlags" [ "name", String n; "type", String flag_prefix; "subset", optional strings subset ]

let ret : API.ret -> json = function
  | RBool -> kind "Bool" []
  | RStaticString -> kind "StaticString" []
  | RErr -> kind "Err" []
  | RFd -> kind "Fd" []
  | RInt -> kind "Int" []
  | RInt64 -> kind "Int64" []
  | RCookie -> kind "Cookie" []
  | RSizeT -> kind "SizeT" []
  | RString -> kind "String" []
  | RUInt -> kind "UInt" []
  | RUIntPtr -> kind "UIntPtr" []
  | RUInt64 -> kind "UInt64" []
  | REnum { enum_prefix } -> kind "Enum" [ "type", String enum_prefix ]
  | RFlags { flag_prefix } -> kind "Flags" [ "type", String flag_prefix ]

let rec cbarg : API.cbarg -> json = function
  | CBArrayAndLen (entries, len) -> kind "ArrayAndLen" [ "of", arg entries; "count", String len ]
  | CBBytesIn (n, len) -> buffer "BytesIn" n len
  | CBInt n -> named "Int" n
  | CBInt64 n -> named "Int64" n
  | CBMutable a -> kind "Mutable" [ "of", arg a ]
  | CBString n -> named "String" n
  | CBUInt n -> named "UInt" n
  | CBUInt64 n -> named "UInt64" n

let state : API.permitted_state -> json = function
  | Created -> String "Created"
  | Connecting -> String "Connecting"
  | Negotiating -> String "Negotiating"
  | Connected -> String "Connected"
  | Closed -> String "Closed"
  | Dead -> String "Dead"

let async_kind : API.async_kind -> json = function
  | WithCompletionCallback -> kind "WithCompletionCallback" []
  | ChangesState (call, value) -> kind "ChangesState" [ "call", String call; "value", Bool value ]

let link : API.link -> json = function
  | Link page -> kind "Call" [ "name", String page ]
  | SectionLink anchor -> kind "Section" [ "name", String anchor ]
  | MainPageLink -> kind "Main" []
  | ExternalLink (page, section) -> kind "External" [ "name", String page; "section", Int section ]
  | URLLink url -> kind "URL" [ "url", String url ]

let call (name, c) =
  Object [
    "name", String name;
    "args", List (List.map arg c.args);
    "optargs", List (List.map optarg c.optargs);
    "ret", ret c.ret;
    "shortdesc", String c.shortdesc;
    "longdesc", String c.longdesc;
    "example", optional (fun s -> String s) c.example;
    "seeAlso", List (List.map link c.see_also);
    "permittedStates", List (List.map state c.permitted_states);
    "isLocked", Bool c.is_locked;
    "maySetError", Bool c.may_set_error;
    "asyncKind", optional async_kind c.async_kind;
    "modifiesFd", Bool c.modifies_fd;
    "firstVersion", (let major, minor = c.first_version in String (sprintf "%d.%d" major minor));
  ]

let closure { cbname; cbargs } = Object [ "name", String cbname; "args", List (List.map cbarg cbargs) ]
let enum { enum_prefix; enums } = Object [ "prefix", String enum_prefix; "values", values enums ]
let flags { flag_prefix; flags } = Object [ "prefix", String flag_prefix; "values", values flags ]
let context (name, constants) = Object [ "name", String name; "constants", values constants ]
let metadata_namespace (name, contexts) =
  Object [ "name", String name; "contexts", List (List.map context contexts) ]

let () =
  let chan = open_out Sys.argv.(1) in
  output chan (Object [
    "calls", List (List.map call handle_calls);
    "closures", List (List.map closure all_closures);
    "enums", List (List.map enum all_enums);
    "flags", List (List.map flags all_flags);
    "constants", values constants;
    "namespaces", List (List.map metadata_namespace metadata_namespaces);
  ]);
  output_char chan '\n';
  close_out chan
