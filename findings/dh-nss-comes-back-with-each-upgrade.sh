#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A service that a package has put into nsswitch.conf by dh-nss 1.8, and that the administrator has taken out, is back after the
# next upgrade of the package.
#
# Seen: Debian testing of November 2026, dh-nss 1.8. With 1.7, of Debian 12 and 13, it stays out.
# What one would think: /etc/nsswitch.conf belongs to the administrator, and what is changed there stays so. dh_installnss(1) says
# that services are injected when a package is configured; in 1.7 that is its first installation, and again one after a removal.
# What happens: 1.8 leaves its mark for postinst in preinst with "upgrade" too, so that a package may bring a new service. It cannot
# tell a new one from one that was taken out. Nothing in the manual page has changed.
# A package that shall not undo it has postinst and prerm of its own.
# Source: dh-nss, autoscripts/preinst-nss.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" --include='dh-nss=1.8' \
        forky "$work/root" "${mirror:?apt knows no Debian mirror}"

mkdir -p "$work/root/build/debian"
cat >"$work/root/build/debian/control" <<'END'
Source: libnss-own
Maintainer: Nobody <nobody@packages.invalid>
Build-Depends: debhelper-compat (= 13)

Package: libnss-own
Architecture: all
Description: a module for names
END
cat >"$work/root/build/debian/changelog" <<'END'
libnss-own (1) unstable; urgency=medium

  * A change.

 -- Nobody <nobody@packages.invalid>  Sun, 01 Nov 2026 12:00:00 +0000
END
echo 'hosts after=files own' >"$work/root/build/debian/libnss-own.nss"
cat >"$work/root/upgrade.sh" <<'END'
cd /build
dh_installnss
for version in 1 2; do
        mkdir -p $version/DEBIAN
        printf '%s\n' 'Package: libnss-own' "Version: $version" 'Architecture: all' 'Maintainer: Nobody <nobody@packages.invalid>' \
                'Description: a module for names' >$version/DEBIAN/control
        for script in preinst postinst; do
                { echo '#!/bin/sh'; cat debian/libnss-own.$script.debhelper; } >$version/DEBIAN/$script
                chmod 755 $version/DEBIAN/$script
        done
        dpkg-deb --build $version >/dev/null
done
echo 'hosts: files dns' >/etc/nsswitch.conf
dpkg --install 1.deb >/dev/null
cat /etc/nsswitch.conf
echo 'hosts: files dns' >/etc/nsswitch.conf
dpkg --install 2.deb >/dev/null
cat /etc/nsswitch.conf
END

seen=$(chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -e /upgrade.sh)
printf '%s\n' "$seen"
[ "$seen" = 'hosts: files own dns
hosts: files own dns' ]
