# SPDX-License-Identifier: Apache-2.0
# Completion for gantryctl; source it, or put it into /usr/share/bash-completion/completions/gantryctl.

# What may follow each subcommand; "asking" is what all that ask the sensor take.
declare -A _gantryctl_words=(
    [asking]='--config --socket --json --help'
    [policy]='check explain --help'
    [policy check]='asking'
    [policy explain]='asking --at'
    [rules]='check test explain --help'
    [rules check]='--json --help'
    [rules test]='--json --help'
    [rules explain]='--rules --all --quiet --json --help'
    [status]='asking'
    [top]='--interval --once asking'
    [alert]='test --help'
    [alert test]='--wait asking'
    [reload]='asking'
    [incidents]='list show close mute unmute mutes --open --closed --since --stix asking'
    [incidents list]='--open --closed --since asking'
    [incidents show]='--stix asking'
    [incidents close]='--reason asking'
    [incidents mute]='--until --reason asking'
    [ledger]='asking'
    [digest]='--since asking'
    [hosts]='asking'
    [fleet]='--config --json --forget --help'
    [report]='--html --since asking'
)

_gantryctl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words= key
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words='policy rules status top alert incidents ledger digest hosts fleet report reload --help --version'
    elif [[ $previous != --rules && $previous != --config && $previous != -c && $previous != --socket && $previous != --at && $previous != --html ]]; then
        key="${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        if ((COMP_CWORD == 2)) || [[ -z ${_gantryctl_words[$key]} ]]; then
            key=${COMP_WORDS[1]}
        fi
        words=${_gantryctl_words[$key]/asking/${_gantryctl_words[asking]}}
        [[ $word == -* ]] || words=$(printf '%s\n' $words | grep -v '^-')
    fi
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _gantryctl gantryctl
