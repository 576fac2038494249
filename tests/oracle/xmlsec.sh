#!/bin/sh
# Judges the XML signature of an X-Road container with xmlsec1 (libxml2, OpenSSL).
#
#   xmlsec.sh [--ca CA.pem --at 'YYYY-MM-DD HH:MM:SS'] CONTAINER.asice|FOLDER
#
# FOLDER is an unpacked container. Exit 0: every reference and the signature value match; 1: not so; 2: unreadable.
# The key is the one of the certificate in KeyInfo. With --ca this certificate must lead to the CA at that UTC time;
# without, nobody vouches for it. What xmlsec1 does not judge: hash chains (their result is signed, the parts that it
# stands for are not looked at), OCSP, timestamps, and whether the message is signed at all: the last is checked here.
set -eu

usage() {
    echo "usage: xmlsec.sh [--ca CA.pem --at 'YYYY-MM-DD HH:MM:SS'] CONTAINER.asice|FOLDER" >&2
    exit 2
}

ca='' at='' signed=''
while [ $# -gt 1 ]; do
    case $1 in
        --ca) ca=$2 ;;
        --at) at=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] || usage

if [ -d "$1" ]; then
    root=$(cd "$1" && pwd)
else
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    python3 -m zipfile -e "$1" "$root" || exit 2
fi
signatures=$root/META-INF/signatures.xml
if [ ! -f "$signatures" ] || [ ! -f "$root/message.xml" ]; then
    echo "no message.xml or META-INF/signatures.xml" >&2
    exit 2
fi
# References are names inside the container, and xmlsec1 must open nothing else (a file of this machine, the network).
for uri in $(grep -o '<[a-zA-Z]*:\{0,1\}Reference [^>]*' "$signatures" | grep -o ' URI="[^"]*"' | cut -d'"' -f2); do
    case $uri in
        '#'*) ;;
        /message.xml | /sig-hashchainresult.xml) signed=yes ;;
        /attachment*[!0-9]* | /attachment) echo "reference to $uri" >&2 && exit 1 ;;
        /attachment*) ;;
        *) echo "reference to $uri" >&2 && exit 1 ;;
    esac
done
if [ -z "$signed" ]; then
    echo "neither the message nor a hash chain is signed" >&2
    exit 1
fi

set -- --verify --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties
for file in "$root"/message.xml "$root"/sig-hashchainresult.xml "$root"/attachment*; do
    if [ -f "$file" ]; then
        set -- "$@" "--url-map:/${file##*/}" "$file"
    fi
done
if [ -n "$ca" ]; then
    set -- "$@" --trusted-pem "$ca"
    if [ -n "$at" ]; then
        set -- "$@" --verification-gmt-time "$at"
    fi
else
    set -- "$@" --insecure
fi
if xmlsec1 "$@" "$signatures"; then
    exit 0
fi
exit 1
