//! Where the demo federation lives: addresses and ports, chosen once and kept with it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The plan file in the federation's folder. It is written last: where it is, the federation is complete.
pub(crate) const FILE: &str = "federation.json";

/// Which federation is prepared. Raised whenever one from before would not make the journey of today.
pub(crate) const FORM: u32 = 2;

/// A federation of two instances.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// [`FORM`] when it was prepared; the first had none.
    #[serde(default)]
    pub(crate) form: u32,
    /// Indonesia's side: the consumer.
    pub(crate) id: Site,
    /// Malaysia's side: the provider.
    pub(crate) my: Site,
}

/// One instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Site {
    /// Its identifier.
    pub(crate) instance: String,
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// Its configuration file, with every role.
    pub(crate) config: PathBuf,
    /// The anchor that its state hands out.
    pub(crate) anchor: PathBuf,
    /// Base URL of the published configuration.
    pub(crate) registry: String,
    /// Base URL of its trust services.
    pub(crate) lab: String,
    /// URL of its sample register.
    pub(crate) register: String,
    /// Its security server.
    pub(crate) server: Server,
}

/// A security server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Server {
    /// Its id.
    pub(crate) id: String,
    /// Base URL for information systems.
    pub(crate) consumer: String,
    /// Where peers connect.
    pub(crate) peer: SocketAddr,
    /// Where peers fetch OCSP responses.
    pub(crate) ocsp: SocketAddr,
}

/// The five ports of a site, the same at both, since X-Road addresses carry no port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(super) consumer: u16,
    pub(super) registry: u16,
    pub(super) lab: u16,
    pub(super) peer: u16,
    pub(super) ocsp: u16,
}

/// Why a folder's federation cannot be resumed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The plan file.
    #[error("{FILE} cannot be read")]
    File(#[source] std::io::Error),
    /// Another program prepared it.
    #[error("another version of this program made it (form {0}, here {FORM})")]
    Form(u32),
}

/// Why no ports could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    /// A port of the wish is taken.
    #[error("port {port} is not free on {address}; choose another --base-port, or 0 to find free ones")]
    Taken {
        /// Where.
        address: Ipv4Addr,
        /// Which.
        port: u16,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Ports end at 65535.
    #[error("--base-port {base} leaves no room for {PORTS} ports; {LAST_BASE} is the highest, and 0 finds free ones")]
    NoRoom {
        /// The wish.
        base: u16,
    },
    /// Nothing is free.
    #[error("no port is free on all of {0}")]
    None(String),
}

/// How many ports a site has.
const PORTS: u16 = 5;

/// The highest base port.
const LAST_BASE: u16 = u16::MAX - (PORTS - 1);

/// Times that a port is drawn before giving up.
const DRAWS: usize = 64;

impl Ports {
    /// Five ports from `base` on, or five free ones if it is 0; each is free on every address.
    pub(crate) fn find(addresses: &[Ipv4Addr], base: u16) -> Result<Self, PortError> {
        if base > LAST_BASE {
            return Err(PortError::NoRoom { base });
        }
        let mut taken = Vec::new();
        for wish in 0..PORTS {
            let port = match base {
                0 => draw(addresses, &taken)?,
                _ => {
                    let port = base.checked_add(wish).ok_or(PortError::NoRoom { base })?;
                    let busy = |(address, cause)| PortError::Taken { address, port, cause };
                    check_free(addresses, port).map_err(busy)?;
                    port
                }
            };
            taken.push(port);
        }
        match *taken {
            [consumer, registry, lab, peer, ocsp] => Ok(Self { consumer, registry, lab, peer, ocsp }),
            _ => Err(PortError::None(list(addresses))),
        }
    }
}

impl Plan {
    /// The plan of a folder, if a federation was prepared in it.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, PlanError> {
        let plan: Self = match std::fs::read(dir.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| PlanError::File(e.into()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(PlanError::File(e)),
        };
        if plan.form == FORM { Ok(Some(plan)) } else { Err(PlanError::Form(plan.form)) }
    }

    /// Both sites, consumer first.
    #[must_use]
    pub(crate) fn sites(&self) -> [&Site; 2] {
        [&self.id, &self.my]
    }
}

impl Site {
    pub(super) fn new(dir: &Path, instance: &str, server: &str, address: Ipv4Addr, ports: Ports) -> Self {
        let at = |port| SocketAddr::new(IpAddr::V4(address), port);
        let dir = dir.join(instance.to_lowercase());
        Self {
            instance: instance.to_owned(),
            config: dir.join("simpul.toml"),
            anchor: dir.join("anchor.xml"),
            dir,
            registry: format!("http://{}", at(ports.registry)),
            lab: format!("http://{}", at(ports.lab)),
            register: format!("http://{}/register", at(ports.lab)),
            server: Server {
                id: server.to_owned(),
                consumer: format!("http://{}", at(ports.consumer)),
                peer: at(ports.peer),
                ocsp: at(ports.ocsp),
            },
        }
    }
}

/// A port that the system calls free on the first address, and that is free on the others too.
fn draw(addresses: &[Ipv4Addr], taken: &[u16]) -> Result<u16, PortError> {
    let first = addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST);
    (0..DRAWS)
        .filter_map(|_| TcpListener::bind((first, 0)).and_then(|l| l.local_addr()).ok())
        .map(|address| address.port())
        .find(|port| !taken.contains(port) && check_free(addresses, *port).is_ok())
        .ok_or_else(|| PortError::None(list(addresses)))
}

fn check_free(addresses: &[Ipv4Addr], port: u16) -> Result<(), (Ipv4Addr, std::io::Error)> {
    addresses.iter().try_for_each(|a| TcpListener::bind((*a, port)).map(drop).map_err(|e| (*a, e)))
}

fn list(addresses: &[Ipv4Addr]) -> String {
    addresses.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 9, 8, 2), Ipv4Addr::new(127, 9, 8, 3)];

    #[test]
    fn a_port_that_one_address_has_taken_is_not_chosen() {
        let busy = TcpListener::bind((PAIR[1], 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        assert!(matches!(Ports::find(&PAIR, port), Err(PortError::Taken { address, .. }) if address == PAIR[1]));
        let ports = Ports::find(&PAIR, 0).unwrap();
        let all = [ports.consumer, ports.registry, ports.lab, ports.peer, ports.ocsp];
        assert!(all.iter().all(|p| *p != 0 && *p != port));
    }

    #[test]
    fn ports_end_at_65535() {
        let ports = Ports::find(&PAIR, 65_531).unwrap();
        let all = [ports.consumer, ports.registry, ports.lab, ports.peer, ports.ocsp];
        assert_eq!(all, [65_531, 65_532, 65_533, 65_534, 65_535]);
        for base in 65_532..=65_535 {
            assert!(matches!(Ports::find(&PAIR, base), Err(PortError::NoRoom { base: told }) if told == base));
        }
    }
}
