# How command lines are completed in bash: the rules, behind functions that bash.ts makes of the tables of the commands.
# Nothing of a line is ever evaluated: words are compared as text. Names of files are left to bash itself, which quotes them: for this
# COMPREPLY stays empty. All of it runs in bash 3.2, which macOS has.

# Those of the words that begin with a text, behind a prefix.
_libnbd_wasm_matching() {
  local word
  for word in "${words[@]}"; do
    [[ $word == "$2"* ]] && COMPREPLY+=("$1$word")
  done
}

# Whether a name needs no quotes: what we offer bash inserts as it is, and whoever made the file may have meant harm.
_libnbd_wasm_is_plain() { [[ $1 != *[!A-Za-z0-9._/+,@%-]* ]]; }

_libnbd_wasm_no_files() { compopt +o default 2>/dev/null; }

# What of a kind, and of the words, begins with a text, behind a prefix.
_libnbd_wasm_offer() {
  local file
  case $1 in
    none) _libnbd_wasm_no_files ;;
    files) ;;
    words)
      _libnbd_wasm_no_files
      _libnbd_wasm_matching "$2" "$3"
      ;;
    *)
      if [[ $3 == *socket=* ]]; then
        # A file, by bash; in quotes, where it cuts no words, by us.
        [[ -z $quote ]] || while IFS= read -r file; do
          _libnbd_wasm_is_plain "$file" && COMPREPLY+=("$2${3%%socket=*}socket=$file")
        done < <(compgen -f -- "${3#*socket=}")
        return
      fi
      _libnbd_wasm_schemes
      _libnbd_wasm_matching "$2" "$3"
      if [[ $1 == servers ]]; then
        _libnbd_wasm_no_files
      elif ((${#COMPREPLY[@]})); then
        while IFS= read -r file; do
          _libnbd_wasm_is_plain "$file" && COMPREPLY+=("$2$file")
        done < <(compgen -f -- "$3")
      fi
      ;;
  esac
}

_libnbd_wasm() {
  local piece=$2 line=${COMP_LINE:0:COMP_POINT} command= first=2 word current previous kind prefix i
  local bracket=0 are_options_over= quote=
  local -a typed words
  typed=() words=() COMPREPLY=()

  # Bash has cut words at = and at : as well: what no blank separates is one.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ $line != [[:blank:]]* ]]; then
      ((i == COMP_CWORD)) && word=$line
      typed[${#typed[@]} - 1]+=$word
    else
      line=${line#"${line%%[![:blank:]]*}"}
      ((i == COMP_CWORD)) && word=$line
      typed+=("$word")
    fi
    line=${line#"$word"}
  done
  local last=$((${#typed[@]} - 1))
  current=${typed[last]}
  [[ $current == [\'\"]* ]] && quote=${current:0:1} current=${current:1}

  if _libnbd_wasm_link "${1##*/}"; then
    first=1
  elif ((last == 1)); then
    _libnbd_wasm_commands
    _libnbd_wasm_offer words '' "$current"
    return
  else
    command=${typed[1]}
  fi

  for ((i = first; i < last; i++)); do
    case ${typed[i]} in
      '[' | '\[') bracket=$i ;;
      ']') bracket=0 ;;
      --) ((bracket)) || are_options_over=yes ;;
    esac
  done
  if ((bracket)); then
    # Another program, and what it is called with.
    if ((bracket + 1 == last)); then
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$current")
    fi
    return
  fi

  previous=${typed[last - 1]}
  if [[ -z $are_options_over && $current == --*=* ]] && _libnbd_wasm_value "$command" "${current%%=*}="; then
    _libnbd_wasm_offer "$kind" "${current%%=*}=" "${current#*=}"
  elif [[ -z $are_options_over && $previous == -* ]] && ((last > first)) && _libnbd_wasm_value "$command" "$previous"; then
    _libnbd_wasm_offer "$kind" '' "$current"
  elif [[ -z $are_options_over && $current == -* ]]; then
    _libnbd_wasm_options "$command"
    _libnbd_wasm_offer words '' "$current"
  elif _libnbd_wasm_value "$command" ''; then
    _libnbd_wasm_offer "$kind" '' "$current"
  fi

  # Bash replaces only the piece behind the last = or :.
  prefix=${current%"$piece"}
  for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}; done
  if ((${#COMPREPLY[@]} == 1)) && [[ $COMPREPLY == *[=/] ]]; then compopt -o nospace 2>/dev/null; fi
}
