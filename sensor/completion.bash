# SPDX-License-Identifier: Apache-2.0
# bash completion for gantry(8)
_gantry() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $before in
    -c | --config | -r | --read)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    -i | --interface)
        mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
        return
        ;;
    -o | --output)
        mapfile -t COMPREPLY < <(compgen -W 'json:- human:- json:file: eve:file: rfc5424:udp:// rfc5424:tcp:// rfc5424:unix: cef:udp:// leef:tcp:// ocsf:tcp://' -- "$word")
        return
        ;;
    --events)
        mapfile -t COMPREPLY < <(compgen -W 'alert transfer flow stats digest alert,transfer' -- "$word")
        return
        ;;
    --cache)
        mapfile -t COMPREPLY < <(compgen -d -W none -- "$word")
        return
        ;;
    -f | --filter | -w | --workers)
        return
        ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--config --interface --read --filter --workers --inspect-all --output --events
            --check --cache --quiet --verbose --help --version' -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -F _gantry gantry
