//! A configuration that is older than one accepted before (architecture.md, I7), with real processes: refused, also after
//! a restart, until the operator says otherwise; and what the operator says is logged.

use std::process::Command;
use std::time::{Duration, Instant};

use simpul_core::UnixTime;

use super::support::{Federation, Process, SIMPUL};

/// What the server says of an older configuration.
const OLDER: &str = "is older than the accepted one of";

/// What it says when the operator lets it in.
const ACCEPTED: &str = "an older configuration was accepted, because accept-conf-rollback is set";

#[test]
fn an_older_configuration_is_refused_until_the_operator_accepts_it() {
    let instance = Instance::start();
    let hour = Duration::from_secs(3600);
    let mut registry = instance.registry(now().plus(hour * 2));
    let mut server = instance.federation.start("id", "server");
    let newest = instance.in_force();
    assert!(newest >= now().plus(hour), "{newest}");

    instance.publish(&mut registry, now().plus(hour));
    assert!(server.says(OLDER), "{}", server.errors());
    assert_eq!(instance.in_force(), newest);
    server.restart();
    assert!(server.says(OLDER), "{}", server.errors());
    assert_eq!(instance.in_force(), newest, "a restart forgets nothing");

    instance.federation.edit(
        "id/simpul.toml",
        "conf-interval-seconds",
        "accept-conf-rollback = true\nconf-interval-seconds",
    );
    server.restart();
    assert!(server.says(ACCEPTED), "{}", server.errors());
    assert!(!server.errors().contains(OLDER), "{}", server.errors());
    let accepted = instance.in_force();
    assert!(accepted < newest, "{accepted} {newest}");

    // What was accepted is what later ones are measured by: the operator's word is not needed for ever.
    instance.federation.edit("id/simpul.toml", "accept-conf-rollback = true\n", "");
    server.restart();
    instance.publish(&mut registry, now().plus(hour + hour / 2));
    instance.becomes(|expires| expires > accepted);
    assert!(!server.errors().contains(OLDER), "{}", server.errors());
}

/// Small steps back are allowed, since honest central servers differ (wire.md §8.3); over restarts they must not add up.
#[test]
fn small_steps_back_do_not_add_up_over_restarts() {
    let instance = Instance::start();
    let hour = Duration::from_secs(3600);
    let mut registry = instance.registry(now().plus(hour));
    let mut server = instance.federation.start("id", "server");
    let newest = instance.in_force();
    // Within one generation, whatever the registry's start takes.
    let first = newest.minus(Duration::from_secs(55));
    instance.publish(&mut registry, first);
    instance.becomes(|expires| expires < newest);
    let older = instance.in_force();
    assert!(older.plus(Duration::from_secs(2)) >= first, "whole seconds: {older} {first}");

    // Within one generation of what is stored, and not of the newest that was accepted.
    server.stop();
    instance.publish(&mut registry, newest.minus(Duration::from_secs(110)));
    server.restart();
    assert!(server.says(OLDER), "{}", server.errors());
    assert!(server.errors().contains(&newest.to_string()), "{newest}: {}", server.errors());
    assert_eq!(instance.in_force(), older);
}

/// A damaged memory is not taken for none: the server does not start, and says what helps.
#[test]
fn a_damaged_memory_of_what_was_accepted_keeps_the_server_from_starting() {
    let instance = Instance::start();
    let _registry = instance.registry(now().plus(Duration::from_secs(3600)));
    let mut server = instance.federation.start("id", "server");
    assert_eq!(server.stop(), Some(0));
    let memory = instance.federation.dir().join("id/data/server/globalconf/accepted");
    let text = std::fs::read_to_string(&memory).unwrap();
    std::fs::write(&memory, text.replace("\"ID\":1", "\"ID\":0")).unwrap();
    let config = instance.federation.config("id");
    let output = Command::new(SIMPUL).args(["server", "--config"]).arg(&config).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("globalconf/accepted: damaged, so that it is not known which configuration"), "{told}");
    assert!(told.contains("restore the file, or remove it to go by the stored configuration"), "{told}");
    std::fs::remove_file(&memory).unwrap();
    server.restart();
    assert_eq!(std::fs::read_to_string(&memory).unwrap(), text);
}

/// An instance alone, whose registry publishes once per start, and whose server looks every second.
struct Instance {
    federation: Federation,
    _lab: Process,
}

impl Instance {
    fn start() -> Self {
        let federation = Federation::prepare();
        federation.edit("id/simpul.toml", "allowed-federations = [\"MY\"]", "conf-interval-seconds = 1");
        federation.edit(
            "id/simpul.toml",
            "membership.toml\"\n",
            "membership.toml\"\ninterval-seconds = 5\nexpiry-seconds = 6\n",
        );
        let lab = federation.start("id", "lab");
        Self { federation, _lab: lab }
    }

    /// Starts the registry with a configuration that expires then, or as much later as the start takes.
    fn registry(&self, expires: UnixTime) -> Process {
        self.write(expires);
        self.federation.start("id", "registry")
    }

    /// Restarts the registry with another configuration.
    fn publish(&self, registry: &mut Process, expires: UnixTime) {
        self.write(expires);
        registry.restart();
    }

    fn write(&self, expires: UnixTime) {
        let path = self.federation.config("id");
        let text = std::fs::read_to_string(&path).unwrap();
        let seconds = expires.since(now()).as_secs();
        let line = |line: &str| match line.split_once(" = ") {
            // The second never comes while the test runs.
            Some(("interval-seconds", _)) => format!("interval-seconds = {}\n", seconds - 1),
            Some(("expiry-seconds", _)) => format!("expiry-seconds = {seconds}\n"),
            _ => format!("{line}\n"),
        };
        std::fs::write(path, text.lines().map(line).collect::<String>()).unwrap();
    }

    /// When the configuration expires that the server has in force and stored (wire.md §8.1: the directory says it).
    fn in_force(&self) -> UnixTime {
        let dir = self.federation.dir().join("id/data/server/globalconf");
        loop {
            let current = std::fs::read_to_string(dir.join("current")).unwrap();
            // A newer one may have taken its place meanwhile.
            let Ok(directory) = std::fs::read_to_string(dir.join(current).join("internalconf")) else { continue };
            let expires = directory.lines().find_map(|line| line.strip_prefix("Expire-date: ")).unwrap();
            return expires.trim().parse().unwrap();
        }
    }

    /// Waits until the configuration in force is such a one: the server looks every second.
    fn becomes(&self, such: impl Fn(UnixTime) -> bool) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !such(self.in_force()) {
            assert!(Instant::now() < patience, "still {}", self.in_force());
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the processes under test go by the same clock")]
fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap())
}
