# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion of wattle(1)

function __wattle_installed
    path filter -f {/etc,/run,/usr/lib}/wattle/*.mesh 2>/dev/null | string replace -r '.*/(.*)\.mesh$' '$1' | sort -u
end

function __wattle_installed_tailnets
    path filter -f {/etc,/run,/usr/lib}/wattle/*.tailnet 2>/dev/null | string replace -r '.*/(.*)\.tailnet$' '$1' | sort -u
end

function __wattle_tailnets
    __wattle_installed_tailnets
    __fish_complete_suffix .tailnet
end

function __wattle_meshes
    __wattle_installed
    __fish_complete_suffix .mesh
end

# The devices of the mesh that stands among the words; of all installed ones if none does.
function __wattle_devices
    set -l files
    for word in (commandline -opc)[2..]
        for file in $word {/etc,/run,/usr/lib}/wattle/$word.mesh
            string match -q '*.mesh' -- $file; and test -f $file; and set -a files $file
        end
    end
    set -q files[1]; or set files {/etc,/run,/usr/lib}/wattle/*.mesh
    set -q files[1]; or return
    sed -n 's/^[[:blank:]]*\[Device[[:blank:]]\{1,\}\([^][:blank:]]*\)\].*/\1/p' $files 2>/dev/null
end

set -l verbs init import add invite remove set edit sign check show verify genkey pubkey join apply update up down status doctor probe migrate leave render export help

complete -c wattle -f
complete -c wattle -l root -r -a '(__fish_complete_directories)' -d 'Look for installed meshes below it'
complete -c wattle -s h -l help -d 'Show help'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -l version -d 'Show the version'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a init -d 'Begin a new mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a import -d "Make a mesh of other tools' files"
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a add -d 'Add a device to a mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a invite -d 'Let a device of a signed mesh join it'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a remove -d 'Remove a device from a mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a set -d 'Change keys of a device, a site or the mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a edit -d 'Change a mesh in your editor'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a sign -d "Sign a mesh with the admin's key"
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a verify -d 'Say who signed a mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a check -d 'Report all that is wrong with meshes'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a show -d 'Show what a mesh comes to'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a genkey -d "Make this host's private key"
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a pubkey -d 'Show the public half of a private key'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a join -d 'Get into a mesh by an invitation'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a apply -d 'Bring this host to what its meshes say'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a update -d 'Get a newer signed profile, and run it'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a up -d 'Start a mesh on this host'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a down -d 'Stop a mesh on this host'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a status -d 'Show how peers are reached now'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a migrate -d 'Move a peer to another endpoint'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a probe -d 'Ask a peer, and show the ways to it'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a doctor -d 'Look for what is wrong here'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a leave -d 'Take this host out of a mesh'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a render -d 'Make the files that a host gets'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a export -d 'Make the wg-quick file of a device'
complete -c wattle -n "not __fish_seen_subcommand_from $verbs" -a help -d 'Tell more of a verb'

complete -c wattle -n '__fish_seen_subcommand_from init add invite remove set edit sign check show verify genkey apply update render' -a '(__wattle_meshes)'
complete -c wattle -n '__fish_seen_subcommand_from apply check render' -a '(__wattle_tailnets)'
complete -c wattle -n '__fish_seen_subcommand_from up down status doctor probe migrate leave' -a '(__wattle_installed)'
complete -c wattle -n '__fish_seen_subcommand_from up down status doctor' -a '(__wattle_installed_tailnets)'
complete -c wattle -n '__fish_seen_subcommand_from pubkey' -F -a '(__wattle_meshes)'
complete -c wattle -n '__fish_seen_subcommand_from invite remove set export probe migrate' -a '(__wattle_devices)'
complete -c wattle -n '__fish_seen_subcommand_from export' -a '(__wattle_meshes)'
complete -c wattle -n '__fish_seen_subcommand_from import join' -F
complete -c wattle -n '__fish_seen_subcommand_from import' -s o -l output -r -F -d 'Write to this file'
complete -c wattle -n '__fish_seen_subcommand_from import' -s s -l subnet -x -d 'Of a tailnet: new addresses'
complete -c wattle -n '__fish_seen_subcommand_from import' -l addresses -d 'Of a tailnet: keep its addresses'
complete -c wattle -n '__fish_seen_subcommand_from help' -a "$verbs"

complete -c wattle -n '__fish_seen_subcommand_from init' -s s -l subnet -x -d 'Prefix of the mesh'
complete -c wattle -n '__fish_seen_subcommand_from init' -s p -l port -x -d 'UDP port of every device'
complete -c wattle -n '__fish_seen_subcommand_from init' -s d -l domain -x -d 'Domain of the names'
complete -c wattle -n '__fish_seen_subcommand_from init' -l sign -d 'Sign it, and write MESH.pub'
complete -c wattle -n '__fish_seen_subcommand_from init add invite remove set edit sign export' -l signing-key -r -F -d 'The secret key'
complete -c wattle -n '__fish_seen_subcommand_from genkey' -l signing -d 'Make a key that signs meshes'
complete -c wattle -n '__fish_seen_subcommand_from init genkey' -l no-password -d 'Leave a new signing key without one'
complete -c wattle -n '__fish_seen_subcommand_from verify' -s k -l key -x -d 'The public key that must have signed it'
complete -c wattle -n '__fish_seen_subcommand_from add' -s k -l key -x -d 'Its public key'
complete -c wattle -n '__fish_seen_subcommand_from add' -s a -l address -x -d 'Its address'
complete -c wattle -n '__fish_seen_subcommand_from add' -l public-endpoint -x -d 'Where anyone reaches it'
complete -c wattle -n '__fish_seen_subcommand_from add' -l private-endpoint -x -d 'Where its own network reaches it'
complete -c wattle -n '__fish_seen_subcommand_from add' -l route -x -d 'A network behind it'
complete -c wattle -n '__fish_seen_subcommand_from add' -l alias -x -d 'Another name'
complete -c wattle -n '__fish_seen_subcommand_from add' -l exit-node -d 'It may carry the others to the Internet'
complete -c wattle -n '__fish_seen_subcommand_from add' -l relay -d 'It may forward between devices'
complete -c wattle -n '__fish_seen_subcommand_from add' -l unmanaged -d 'It runs no wattle'
complete -c wattle -n '__fish_seen_subcommand_from add' -l via -x -a '(__wattle_devices)' -d 'Who passes on to those without PublicEndpoint='
complete -c wattle -n '__fish_seen_subcommand_from add' -l no-via -d 'No Via= for it'
complete -c wattle -n '__fish_seen_subcommand_from add' -s f -l from -r -F -d 'Many devices, of a table'
complete -c wattle -n '__fish_seen_subcommand_from add' -s i -l invite -d 'Print an invitation for it'
complete -c wattle -n '__fish_seen_subcommand_from add' -l with-key -d 'Make its key here'
complete -c wattle -n '__fish_seen_subcommand_from add invite' -l qr -d 'A code for a camera'
complete -c wattle -n '__fish_seen_subcommand_from join' -l unattended -d 'Ask nothing, and wait for a member'
complete -c wattle -n '__fish_seen_subcommand_from add join leave' -s y -l yes -d 'Do not ask'
complete -c wattle -n '__fish_seen_subcommand_from leave' -l key -d 'Remove the private key, too'
complete -c wattle -n '__fish_seen_subcommand_from add remove set' -s n -l dry-run -d 'Show the change and write nothing'
complete -c wattle -n '__fish_seen_subcommand_from apply' -s n -l dry-run -d 'Say what would be done, and do nothing'
complete -c wattle -n '__fish_seen_subcommand_from apply' -s c -l confirm -d 'Ask, and go back without a yes'
complete -c wattle -n '__fish_seen_subcommand_from update' -s c -l check -d 'Say whether there is a newer one'
complete -c wattle -n '__fish_seen_subcommand_from update' -s f -l from -r -F -d 'Where the profile is'
complete -c wattle -n '__fish_seen_subcommand_from update' -l jump -d 'Take a Serial= that is far ahead'
complete -c wattle -n '__fish_seen_subcommand_from update' -l leave -d 'Take a profile without this device'
complete -c wattle -n '__fish_seen_subcommand_from check' -s q -l quiet -d 'Say nothing of good meshes'
complete -c wattle -n '__fish_seen_subcommand_from show render' -l as -x -a '(__wattle_devices)' -d 'As this device'
complete -c wattle -n '__fish_seen_subcommand_from status doctor' -l json -d 'For programs'
complete -c wattle -n '__fish_seen_subcommand_from status' -l prometheus -d 'For Prometheus'
complete -c wattle -n '__fish_seen_subcommand_from status' -l state -d 'One word, for scripts'
complete -c wattle -n '__fish_seen_subcommand_from status' -s w -l watch -d 'Stay, and show every change'
complete -c wattle -n '__fish_seen_subcommand_from show' -l graph -d 'Who reaches whom, for dot'
complete -c wattle -n '__fish_seen_subcommand_from show' -l json -d 'For programs'
complete -c wattle -n '__fish_seen_subcommand_from render' -l owner -x -a 'auto networkd NetworkManager' -d 'Owner of the interface'
complete -c wattle -n '__fish_seen_subcommand_from render' -l systemd -x -d 'Version of systemd there'
complete -c wattle -n '__fish_seen_subcommand_from render' -l local -r -F -d 'Settings of the host'
complete -c wattle -n '__fish_seen_subcommand_from render' -s o -l output -x -a '(__fish_complete_directories)' -d 'Write below it'
complete -c wattle -n '__fish_seen_subcommand_from export' -l accept-routes -d 'Use the networks behind others'
complete -c wattle -n '__fish_seen_subcommand_from export' -l exit-node -x -a '(__wattle_devices)' -d 'Send all traffic through it'
complete -c wattle -n '__fish_seen_subcommand_from export' -l all -x -a '(__fish_complete_directories)' -d 'The files of all into this folder'
complete -c wattle -n '__fish_seen_subcommand_from export' -l managed -d 'Of those that run wattle, too'
complete -c wattle -n '__fish_seen_subcommand_from export' -l check -r -F -d 'Is it still what would be written?'
complete -c wattle -n '__fish_seen_subcommand_from export' -l dns -x -d 'Who answers its questions for names'
complete -c wattle -n '__fish_seen_subcommand_from export' -l endpoint-family -x -a 'auto 4 6' -d 'Which addresses are called'
complete -c wattle -n '__fish_seen_subcommand_from export' -l format -x -a 'wg-quick networkd nm openwrt' -d 'Who reads it'
complete -c wattle -n '__fish_seen_subcommand_from export' -l peers -x -a 'all relays public' -d 'With which peers'
complete -c wattle -n '__fish_seen_subcommand_from export' -l qr -d 'A code for a camera'
complete -c wattle -n '__fish_seen_subcommand_from export' -l via -x -a '(__wattle_devices)' -d 'Write Via= into the mesh first'
complete -c wattle -n '__fish_seen_subcommand_from export' -l private-key -r -F -d 'Put in the private key'
complete -c wattle -n '__fish_seen_subcommand_from export' -s o -l output -r -F -d 'Write to this file'
