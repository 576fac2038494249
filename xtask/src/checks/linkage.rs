//! Which libraries the dynamic linker would load for the node: no cryptography beside the vendored OpenSSL
//! (docs/adr/0001).

use std::env;

use crate::checks::{Check, Context, Outcome};
use crate::shell;

pub(super) const CHECK: Check =
    Check { name: "linkage", what: "the node loads no library of cryptography, TLS or SQL, by ldd", run };

/// Beginnings of library names that would be a second provider, or a second copy of what is inside.
const FOREIGN: [&str; 9] =
    ["libssl", "libcrypto", "libgnutls", "libgcrypt", "libnss3", "libsodium", "libmbedtls", "libwolfssl", "libsqlite3"];

fn run(context: &Context<'_>) -> Outcome {
    if env::var_os("OPENSSL_NO_VENDOR").is_some_and(|value| value != "0") {
        return Outcome::Skipped("OPENSSL_NO_VENDOR asks for the system's OpenSSL".to_owned());
    }
    let Some(simpul) = context.simpul().and_then(|path| path.to_str()) else {
        return Outcome::Failed("there is no program to judge".to_owned());
    };
    match context.run("ldd", &[simpul]) {
        Ok(answer) => judge(&answer.output),
        Err(error) => Outcome::Failed(shell::chain(&error)),
    }
}

fn judge(libraries: &str) -> Outcome {
    if !libraries.contains("libc.so") && !libraries.contains("statically linked") {
        return Outcome::Failed(format!("ldd did not list libraries: {}", libraries.trim()));
    }
    let is_foreign = |line: &&str| FOREIGN.iter().any(|name| line.trim_start().starts_with(name));
    let foreign: Vec<&str> = libraries.lines().filter(is_foreign).map(str::trim).collect();
    if foreign.is_empty() { Outcome::Passed } else { Outcome::Failed(foreign.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_provider_is_seen() {
        let own = "\tlinux-vdso.so.1 (0x1)\n\tlibgcc_s.so.1 => /lib/libgcc_s.so.1 (0x2)\n\tlibc.so.6 => /lib/libc.so.6 (0x3)\n";
        assert!(matches!(judge(own), Outcome::Passed));
        assert!(matches!(judge("\tstatically linked\n"), Outcome::Passed));
        let second = format!("{own}\tlibcrypto.so.3 => /lib/libcrypto.so.3 (0x4)\n");
        assert!(matches!(judge(&second), Outcome::Failed(why) if why.starts_with("libcrypto.so.3")));
        assert!(matches!(judge("not a dynamic executable\n"), Outcome::Failed(_)), "no list, no verdict");
    }
}
