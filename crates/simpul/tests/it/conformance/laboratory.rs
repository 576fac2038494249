//! The federation that the cases meet: the one of `demo --prepare`, with clients, services and rights of their own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use nix::unistd::Pid;
use simpul_trust::token::Signer;

use super::consumer_peer::OCSP_KEYS;
use super::keys::Keys;
use super::service;
use super::watch::Watch;
use crate::support::{Federation, Process};

const PROVIDER: &str = "MY/GOV/1001/civil-registry";
const CLIENT: &str = "ID/GOV/3201/manpower";

/// Short times, so that a silent caller or peer is given up while the test waits.
const PATIENCE: &str = "\n[server.patience]\nconnect-seconds = 4\nhandshake-seconds = 3\nhead-seconds = 3\n\
     idle-seconds = 4\noctet-seconds = 3\nanswer-seconds = 4\n";

/// A federation whose roles run in processes of their own.
pub(super) struct Laboratory {
    pub(super) federation: Federation,
    pub(super) keys: Arc<Keys>,
    processes: Vec<(String, Process)>,
    /// What processes said that were ended.
    ended: Vec<(String, String)>,
}

impl Laboratory {
    /// Prepares a federation and starts these roles, such as `id/server`, in the order given.
    pub(super) fn with(roles: &[&str]) -> Self {
        let mut laboratory = Self::prepared();
        roles.iter().for_each(|role| laboratory.start(role));
        laboratory
    }

    /// Prepares a federation and starts nothing.
    pub(super) fn prepared() -> Self {
        let federation = Federation::prepare();
        federation.stamps_on_demand();
        let keys = Keys::of(federation.dir());
        furnish(&federation, &keys);
        Self { federation, keys: Arc::new(keys), processes: Vec::new(), ended: Vec::new() }
    }

    /// Starts a role.
    pub(super) fn start(&mut self, name: &str) {
        let (instance, role) = name.split_once('/').unwrap();
        self.processes.push((name.to_owned(), self.federation.start(instance, role)));
    }

    /// Ends a role as a power cut would.
    pub(super) fn kill(&mut self, name: &str) {
        let at = self.processes.iter().position(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} runs"));
        let (name, mut process) = self.processes.swap_remove(at);
        process.kill();
        self.ended.push((name, process.errors()));
    }

    /// Watches the security servers.
    pub(super) fn watch(&self) -> Watch {
        let servers = self.processes.iter().filter(|(name, _)| name.ends_with("/server"));
        let dir = |name: &str| self.federation.dir().join(name.trim_end_matches("/server")).join("data/server/spool");
        let watched = servers.map(|(name, process)| (name.clone(), process.pid(), dir(name)));
        Watch::over(watched.collect::<Vec<(String, Pid, PathBuf)>>())
    }

    /// Panics that a process has reported, each by the line that says where.
    pub(super) fn panics(&self) -> Vec<String> {
        let running = self.processes.iter().map(|(name, process)| (name.clone(), process.errors()));
        let said = running.chain(self.ended.iter().cloned());
        let lines = said.flat_map(|(name, text)| {
            let found: Vec<String> =
                text.lines().filter(|l| l.contains("panicked at")).map(|l| format!("{name}: {l}")).collect();
            found
        });
        lines.collect()
    }

    /// A socket address of the plan.
    pub(super) fn address(&self, pointer: &str) -> SocketAddr {
        self.federation.text(pointer).trim_start_matches("http://").parse().unwrap()
    }

    /// The consumer port of `ID`'s server.
    pub(super) fn consumer(&self) -> SocketAddr {
        self.address("/id/server/consumer")
    }
}

/// Adds what the cases need.
fn furnish(federation: &Federation, keys: &Keys) {
    for instance in ["id", "my"] {
        federation.edit(
            &format!("{instance}/simpul.toml"),
            "truncated-body-allowed = false",
            "truncated-body-allowed = false\nmax-loggable-message-body-size = 65536",
        );
        append(federation, &format!("{instance}/simpul.toml"), PATIENCE);
    }
    // The version of the ordinary message: what is equal passes.
    federation.edit("my/simpul.toml", "[server]\n", "[server]\nminimum-client-version = \"7.8.0\"\n");
    append(federation, "id/simpul.toml", &clients());
    append(federation, "my/simpul.toml", &services(federation));
    let mut certificates = vec!["\"keys/auth.pem\"".to_owned()];
    for name in OCSP_KEYS {
        let key = keys.key(&format!("my/auth:{name}"));
        let file = format!("keys/auth-{name}.pem");
        std::fs::write(federation.dir().join("my").join(&file), key.certificate().x509().to_pem().unwrap()).unwrap();
        certificates.push(format!("\"{file}\""));
    }
    append(federation, "my/membership.toml", &servers(federation, keys));
    federation.edit(
        "my/membership.toml",
        "subsystems = [\"registry\"]",
        "subsystems = [\"registry\", \"maintained\", \"unreachable\"]",
    );
    keys.save("my");
    let all = format!("auth-certificates = [{}]", certificates.join(", "));
    federation.edit("my/membership.toml", "auth-certificates = [\"keys/auth.pem\"]", &all);
}

/// Clients that ask their information systems for more than plain HTTP.
fn clients() -> String {
    "\n[[server.client]]\nid = \"ID/GOV/3201/by-tls\"\nconnection = \"https\"\n\
     \n[[server.client]]\nid = \"ID/GOV/3201/by-certificate\"\nconnection = \"https-mutual\"\n\
     certificates = [\"keys/auth.pem\"]\n"
        .to_owned()
}

fn services(federation: &Federation) -> String {
    let failing = service::start();
    let register = federation.text("/my/register");
    // The address that is kept free for relays: nobody listens there.
    let free = free(federation);
    let mut text = String::new();
    let mut add = |code: &str, url: &str, more: &str, right: &str| {
        text.push_str(&format!(
            "\n[[server.service]]\nprovider = \"{PROVIDER}\"\ncode = \"{code}\"\nurl = \"{url}\"\n{more}\
             \n[[server.access]]\nprovider = \"{PROVIDER}\"\nservice = \"{code}\"\nsubject = \"{CLIENT}\"\n{right}"
        ));
    };
    for way in service::WAYS {
        add(way, &format!("http://{failing}/{way}"), "timeout-seconds = 2\n", "");
    }
    add("down", &format!("http://{free}/"), "", "");
    add("unresolvable", "http://service.invalid/", "", "");
    add("closed", register, "disabled = \"Closed until Monday\"\n", "");
    add("limited", register, "", "method = \"GET\"\npath = \"/persons/*\"\n");
    add("grouped", register, "", "");
    text.replace(
        &format!("service = \"grouped\"\nsubject = \"{CLIENT}\""),
        "service = \"grouped\"\nsubject = \"GLOBALGROUP:ID/nobody\"",
    )
}

/// Servers that the registry knows and that nobody runs: one in maintenance, one that cannot be reached.
fn servers(federation: &Federation, keys: &Keys) -> String {
    let address = free(federation).ip();
    let server = |code: &str, client: &str, more: &str| {
        let file = format!("keys/auth-{code}.pem");
        let certificate = keys.key(&format!("my/auth:{code}")).certificate().x509().to_pem().unwrap();
        std::fs::write(federation.dir().join("my").join(&file), certificate).unwrap();
        format!(
            "\n[[server]]\nowner = \"MY/GOV/1000\"\ncode = \"{code}\"\naddress = \"{address}\"\n\
             auth-certificates = [\"{file}\"]\nclients = [\"MY/GOV/1000/{client}\"]\n{more}"
        )
    };
    server("ss2", "maintained", "maintenance = \"Back at noon\"\n") + &server("ss3", "unreachable", "")
}

/// An address of this federation where nobody listens.
fn free(federation: &Federation) -> SocketAddr {
    let peer: SocketAddr = federation.text("/my/server/peer").parse().unwrap();
    let std::net::IpAddr::V4(ip) = peer.ip() else { panic!("loopback addresses are IPv4") };
    let [a, b, c, d] = ip.octets();
    SocketAddr::from(([a, b, c, d + 1], peer.port()))
}

fn append(federation: &Federation, file: &str, text: &str) {
    let path = federation.dir().join(file);
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, before + text).unwrap();
}
