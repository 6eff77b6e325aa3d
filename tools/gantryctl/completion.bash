# SPDX-License-Identifier: Apache-2.0
# Completion for gantryctl; source it, or put it into /usr/share/bash-completion/completions/gantryctl.
_gantryctl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=
    COMPREPLY=()
    case $COMP_CWORD in
    1) words='rules --help --version' ;;
    2) [[ ${COMP_WORDS[1]} == rules ]] && words='check test explain --help' ;;
    *)
        if [[ $word == -* && $previous != --rules ]]; then
            case ${COMP_WORDS[2]} in
            explain) words='--rules --all --quiet --json --help' ;;
            *) words='--json --help' ;;
            esac
        fi
        ;;
    esac
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _gantryctl gantryctl
