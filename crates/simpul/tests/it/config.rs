//! Errors of a configuration as the operator meets them: each names the file, the line, the key, what is wrong with what
//! stands there, and what is allowed.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::support::{Federation, SIMPUL};

/// One slip of an operator.
struct Slip {
    role: &'static str,
    /// What the operator does in the instance's folder.
    does: fn(&Path),
    /// The section and key that are to blame, and the text of the line where they stand.
    key: &'static str,
    line: &'static str,
    /// What the error says of the file, and what it says is needed.
    says: &'static [&'static str],
}

const SLIPS: &[Slip] = &[
    Slip {
        role: "server",
        does: |dir| remove(dir, "keys/auth.key"),
        key: "[server.auth] key = \"keys/auth.key\"",
        line: "key = \"keys/auth.key\"",
        says: &["cannot be read: No such file", "a private key (PKCS#8, PEM) that only its owner may read"],
    },
    Slip {
        role: "server",
        does: |dir| mode(dir, "keys/auth.key", 0o640),
        key: "[server.auth] key = \"keys/auth.key\"",
        line: "key = \"keys/auth.key\"",
        says: &["others may read this private key (mode 640); run: chmod 600 ", "a private key (PKCS#8, PEM)"],
    },
    Slip {
        role: "server",
        does: |dir| edit(dir, "simpul.toml", "key = \"keys/auth.key\"", "key = \"keys/internal.key\""),
        key: "[server.auth] key = \"keys/internal.key\"",
        line: "key = \"keys/internal.key\"\ncertificate = \"keys/auth.pem\"",
        says: &["the key cannot be used with its certificate", "that belongs to the certificate is needed"],
    },
    Slip {
        role: "server",
        does: |dir| write(dir, "keys/auth.pem", "no certificate"),
        key: "[server.auth] certificate = \"keys/auth.pem\"",
        line: "certificate = \"keys/auth.pem\"",
        says: &["holds no PEM certificate", "the certificate of the key (PEM)"],
    },
    Slip {
        role: "server",
        does: |dir| remove(dir, "keys/sign-3204.key"),
        key: "[[server.sign]] key = \"keys/sign-3204.key\"",
        line: "key = \"keys/sign-3204.key\"",
        says: &["cannot be read: No such file"],
    },
    Slip {
        role: "server",
        does: |dir| {
            edit(
                dir,
                "simpul.toml",
                "[server.auth]",
                "[server.internal-tls]\nkey = \"t\"\ncertificate = \"u\"\n[server.auth]",
            )
        },
        key: "[server.internal-tls] certificate = \"u\"",
        line: "certificate = \"u\"",
        says: &["cannot be read: No such file"],
    },
    Slip {
        role: "server",
        does: |dir| remove(dir, "anchor.xml"),
        key: "[server] anchor = \"anchor.xml\"",
        line: "anchor = \"anchor.xml\"\nallowed-federations",
        says: &["cannot be read: No such file", "a configuration anchor (XML), as the state hands it out, is needed"],
    },
    Slip {
        role: "server",
        does: |dir| write(dir, "anchor.xml", "<anchor/>"),
        key: "[server] anchor = \"anchor.xml\"",
        line: "anchor = \"anchor.xml\"\nallowed-federations",
        says: &["it is no anchor"],
    },
    Slip {
        role: "server",
        does: |dir| edit(dir, "simpul.toml", "anchor = \"anchor.xml\"\nallowed", "anchor = \"keys\"\nallowed"),
        key: "[server] anchor = \"keys\"",
        line: "anchor = \"keys\"",
        says: &["cannot be read: Is a directory"],
    },
    Slip {
        role: "server",
        does: |dir| {
            edit(
                dir,
                "simpul.toml",
                "[[server.client]]\n",
                "[[server.client]]\nconnection = \"https-mutual\"\ncertificates = [\n  \"ca.pem\",\n  \"none.pem\",\n]\n",
            )
        },
        key: "[[server.client]] certificates = \"none.pem\"",
        line: "\"none.pem\",",
        says: &["cannot be read: No such file", "at least one certificate (PEM) is needed"],
    },
    Slip {
        role: "server",
        does: |dir| {
            append(
                dir,
                "simpul.toml",
                "\n[[server.service]]\nprovider = \"ID/GOV/3201/payroll\"\ncode = \"pay\"\nurl = \"https://[::1]/\"\npinned = [\"membership.toml\"]\n",
            )
        },
        key: "[[server.service]] pinned = \"membership.toml\"",
        line: "pinned = [\"membership.toml\"]",
        says: &["holds no PEM certificate"],
    },
    Slip {
        role: "registry",
        does: |dir| mode(dir, "keys/internal.key", 0o604),
        key: "[registry.internal-sign] key = \"keys/internal.key\"",
        line: "key = \"keys/internal.key\"",
        says: &["others may read this private key (mode 604)"],
    },
    Slip {
        role: "registry",
        does: |dir| remove(dir, "membership.toml"),
        key: "[registry] membership = \"membership.toml\"",
        line: "membership = \"membership.toml\"",
        says: &["a membership file (TOML)", "cannot be read: No such file"],
    },
    Slip {
        role: "registry",
        does: |dir| remove(dir, "ocsp.pem"),
        key: "[registry] membership = \"membership.toml\"",
        line: "membership = \"membership.toml\"",
        says: &[
            "membership.toml, line 13: [[ca]] ocsp certificate = \"ocsp.pem\": at least one certificate (PEM) is needed",
        ],
    },
    Slip {
        role: "registry",
        does: |dir| edit(dir, "membership.toml", "../my/external-anchor.xml", "../my/none.xml"),
        key: "[registry] membership = \"membership.toml\"",
        line: "membership = \"membership.toml\"",
        says: &["membership.toml, line 21: [[federation]] anchor = \"../my/none.xml\": a configuration anchor (XML)"],
    },
    Slip {
        role: "lab",
        does: |dir| edit(dir, "simpul.toml", "ca = \"ca\"", "ca = \"keys\""),
        key: "[lab] ca = \"keys\"",
        line: "ca = \"keys\"",
        says: &["the folder of a test CA, as `simpul demo --prepare` makes it, is needed"],
    },
    Slip {
        role: "lab",
        does: |dir| edit(dir, "simpul.toml", "ca\"\nanchor = \"anchor.xml\"", "ca\"\nanchor = \"membership.toml\""),
        key: "[lab] anchor = \"membership.toml\"",
        line: "anchor = \"membership.toml\"",
        says: &["it is no anchor"],
    },
];

#[test]
fn a_file_that_cannot_be_used_is_told_with_its_place() {
    let federation = Federation::prepare();
    let config = federation.config("id");
    let dir = config.parent().unwrap();
    let good = run(&["config", "check", "--config"], &config);
    assert!(good.0, "{}", good.1);
    for slip in SLIPS {
        let kept = tempfile::tempdir().unwrap();
        copy(dir, kept.path());
        (slip.does)(dir);
        let text = std::fs::read_to_string(&config).unwrap();
        let at = text.find(slip.line).unwrap_or_else(|| panic!("no {}: {text}", slip.line));
        let place = format!("simpul.toml, line {}: {}: ", text[..at].matches('\n').count() + 1, slip.key);
        // Whoever starts the role is told, and whoever asks before.
        for command in [&["config", "check", "--config"][..], &[slip.role, "--config"]] {
            let (good, told) = run(command, &config);
            assert!(!good, "{place}");
            for says in [place.as_str()].iter().chain(slip.says) {
                assert!(told.contains(says), "`{says}`: {command:?}: {told}");
            }
        }
        std::fs::remove_dir_all(dir).unwrap();
        copy(kept.path(), dir);
    }
    assert!(run(&["config", "check", "--config"], &config).0, "everything was put back");
}

/// What only a start can find out.
#[test]
fn a_port_or_a_folder_that_cannot_be_had_is_told_with_its_place() {
    let federation = Federation::prepare();
    let config = federation.config("id");
    let lab: SocketAddr = federation.text("/id/lab").trim_start_matches("http://").parse().unwrap();
    let busy = TcpListener::bind(lab).unwrap();
    let (good, told) = run(&["lab", "--config"], &config);
    let place = format!("simpul.toml, line 6: [lab] listen = \"{lab}\": cannot listen; a free port");
    assert!(!good && told.contains(&place) && told.contains("in use"), "{place}: {told}");
    drop(busy);

    federation.edit("id/simpul.toml", "dir = \"data\"", "dir = \"anchor.xml\"");
    let (good, told) = run(&["server", "--config"], &config);
    let place = "simpul.toml, line 3: [storage] dir = \"anchor.xml\": a folder to write in is needed: ";
    assert!(!good && told.contains(place), "{told}");
}

/// Whether it ended well, and what it said on standard error.
fn run(command: &[&str], config: &Path) -> (bool, String) {
    let output = Command::new(SIMPUL).args(command).arg(config).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn remove(dir: &Path, file: &str) {
    std::fs::remove_file(dir.join(file)).unwrap();
}

fn mode(dir: &Path, file: &str, mode: u32) {
    std::fs::set_permissions(dir.join(file), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn write(dir: &Path, file: &str, text: &str) {
    std::fs::write(dir.join(file), text).unwrap();
}

fn edit(dir: &Path, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    write(dir, file, &text.replacen(from, to, 1));
}

fn append(dir: &Path, file: &str, more: &str) {
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    write(dir, file, &(text + more));
}

/// A folder with its folders, modes kept.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
