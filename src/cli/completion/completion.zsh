# How command lines are completed in zsh: the rules, behind functions that zsh.ts makes of the tables of the commands.

_libnbd_wasm_servers() {
  if compset -P '*socket='; then
    _files
  else
    local expl
    _wanted addresses expl address compadd -S '' -- $_libnbd_wasm_schemes
    [[ -n $PREFIX ]] || compadd -Q -- '['
  fi
}

_libnbd_wasm_disks() {
  _alternative 'addresses:address:_libnbd_wasm_servers' 'files:disk image:_files'
}

_libnbd_wasm() {
  # In square brackets stands another program, and what it is called with.
  local i bracket=0
  for ((i = 2; i < CURRENT; i++)); do
    case ${(Q)words[i]} in
      '[') bracket=$i ;;
      ']') bracket=0 ;;
    esac
  done
  if ((bracket)); then
    shift $bracket words
    ((CURRENT -= bracket))
    _normal
    return
  fi

  if _libnbd_wasm_link ${service:t}; then
    _libnbd_wasm_arguments $REPLY
  elif ((CURRENT > 2)); then
    shift words
    ((CURRENT--))
    _libnbd_wasm_arguments $words[1] || _message 'no such command'
  elif [[ $PREFIX == -* ]]; then
    compadd -- --help --version
  else
    _libnbd_wasm_commands
  fi
}
