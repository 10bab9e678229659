# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion of wattle(1). Options come from --help, so there is no second list of them.

_wattle_meshes()
{
        find /etc/wattle /run/wattle /usr/lib/wattle -maxdepth 1 -name '*.mesh' 2>/dev/null |
                sed 's|.*/||; s|\.mesh$||' | sort -u
}

_wattle_tailnets()
{
        find /etc/wattle /run/wattle /usr/lib/wattle -maxdepth 1 -name '*.tailnet' 2>/dev/null |
                sed 's|.*/||; s|\.tailnet$||' | sort -u
}

_wattle_networks()
{
        _wattle_meshes
        _wattle_tailnets
}

_wattle_complete_any()
{
        compopt -o filenames
        mapfile -t COMPREPLY < <(
                compgen -W "$(_wattle_networks)" -- "$1"
                compgen -f -X '!*.mesh' -- "$1"
                compgen -f -X '!*.tailnet' -- "$1"
                compgen -d -- "$1"
        )
}

# Files of meshes, folders on the way, and the names of installed ones.
_wattle_complete_mesh()
{
        compopt -o filenames
        mapfile -t COMPREPLY < <(
                compgen -W "$(_wattle_meshes)" -- "$1"
                compgen -f -X '!*.mesh' -- "$1"
                compgen -d -- "$1"
        )
}

# The devices of a mesh, by name or path; of all installed ones if it is not given.
_wattle_devices()
{
        local file files=()

        for file in "$1" {/etc,/run,/usr/lib}/wattle/"${1:-*}".mesh; do
                [[ -f $file ]] && files+=("$file")
        done
        ((${#files[@]})) || files=({/etc,/run,/usr/lib}/wattle/*.mesh)
        sed -n 's/^[[:blank:]]*\[Device[[:blank:]]\{1,\}\([^][:blank:]]*\)\].*/\1/p' \
                "${files[@]}" 2>/dev/null
}

_wattle_options()
{
        wattle "$1" --help 2>/dev/null | grep -oE -- '(^  |, | {6})--[a-z-]+=?' | grep -oE -- '--.*'
}

# Operands that stand before the cursor, options and their values left out.
_wattle_operands()
{
        local i

        operands=()
        for ((i = verb_at + 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                =) i=$((i + 1)) ;;
                -*) ;;
                *) [[ $' '$with_value$' ' == *" ${COMP_WORDS[i - 1]} "* ]] ||
                        operands+=("${COMP_WORDS[i]}") ;;
                esac
        done
}

_wattle()
{
        local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
        local verbs='init import add invite remove set edit sign check show verify genkey pubkey join apply update up down status doctor probe migrate leave render export help'
        local with_value='--as --owner --systemd --local --output -o --key -k --address -a
                --public-endpoint --private-endpoint --route --alias --subnet -s --port -p --domain -d
                --private-key --all --check --format --peers --endpoint-family --dns --signing-key --from -f --root'
        local verb='' verb_at i operands=()

        with_value=${with_value//[$'\n ']/ }
        COMPREPLY=()
        for ((i = 1; i < COMP_CWORD; i++)); do
                if [[ " $verbs " == *" ${COMP_WORDS[i]} "* ]]; then
                        verb=${COMP_WORDS[i]} verb_at=$i
                        break
                fi
        done
        # --option=value comes as three words
        if [[ $cur == = ]]; then
                cur=''
        elif [[ $option == = ]]; then
                option=${COMP_WORDS[COMP_CWORD - 2]}
        fi
        if [[ -z $verb ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$verbs --root= --version --help" -- "$cur")
                [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace
                return
        fi
        _wattle_operands
        case $verb:$option in
        export:--exit-node | export:--via)
                mapfile -t COMPREPLY < <(compgen -W "$(_wattle_devices "${operands[1]}")" -- "$cur")
                return
                ;;
        *:--as | add:--via)
                mapfile -t COMPREPLY < <(compgen -W "$(_wattle_devices "${operands[0]}")" -- "$cur")
                return
                ;;
        export:--peers)
                mapfile -t COMPREPLY < <(compgen -W 'all relays public' -- "$cur")
                return
                ;;
        export:--format)
                mapfile -t COMPREPLY < <(compgen -W 'wg-quick networkd nm openwrt' -- "$cur")
                return
                ;;
        export:--endpoint-family)
                mapfile -t COMPREPLY < <(compgen -W 'auto 4 6' -- "$cur")
                return
                ;;
        *:--owner)
                mapfile -t COMPREPLY < <(compgen -W 'auto networkd NetworkManager' -- "$cur")
                return
                ;;
        render:--output | render:-o | export:--all | *:--root)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
                return
                ;;
        *:--local | export:--check | export:--qr | add:--from | add:-f | update:--from | update:-f | *:--private-key | *:--signing-key | *:--output | *:-o)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                return
                ;;
        *:-*)
                [[ " $with_value " == *" $option "* ]] && return
                ;;
        esac
        if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_wattle_options "$verb")" -- "$cur")
                [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
                return
        fi
        case $verb:${#operands[@]} in
        help:0) mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
        export:0) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_devices)" -- "$cur") ;;
        remove:1 | invite:1 | set:1) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_devices "${operands[0]}")" -- "$cur") ;;
        status:0 | up:0 | down:0 | doctor:0) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_networks)" -- "$cur") ;;
        update:0 | leave:0) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_meshes)" -- "$cur") ;;
        migrate:0 | probe:0) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_meshes)" -- "$cur") ;;
        migrate:1 | probe:1) mapfile -t COMPREPLY < <(compgen -W "$(_wattle_devices "${operands[0]}")" -- "$cur") ;;
        status:* | up:* | down:* | doctor:* | migrate:* | probe:* | update:* | leave:*) ;;
        import:* | join:0)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                ;;
        check:* | apply:* | render:0) _wattle_complete_any "$cur" ;;
        export:1 | *:0) _wattle_complete_mesh "$cur" ;;
        esac
}

complete -F _wattle wattle
