//! Programs that the tests need: found by presence, installed by apt where missing.

use std::process::Command;

use crate::shell;
use crate::tally::Tally;

/// One program and why the tests want it.
struct Tool {
    program: &'static str,
    package: Package,
    why: &'static str,
    present: fn(&str) -> bool,
    /// Without it the tests fail. Without another one a check is skipped, and says so: not every system has it.
    needed: bool,
}

/// How apt calls what provides a program.
enum Package {
    Named(&'static str),
    /// The first Java that is new enough here.
    Java,
}

const TOOLS: [Tool; 10] = [
    Tool {
        program: "curl",
        package: Package::Named("curl"),
        why: "calls nodes from outside, as a client does",
        present: on_path,
        needed: true,
    },
    Tool {
        program: "openssl",
        package: Package::Named("openssl"),
        why: "judges timestamps, OCSP replies and certificates with another build than ours",
        present: on_path,
        needed: true,
    },
    Tool {
        program: "xmlsec1",
        package: Package::Named("xmlsec1"),
        why: "judges the XML signatures of seals",
        present: on_path,
        needed: true,
    },
    Tool {
        program: "java",
        package: Package::Java,
        why: "judges XML signatures and TLS with the platform that X-Road runs on (17 or later, with its compiler)",
        present: |_| usable_java(),
        needed: true,
    },
    Tool {
        program: "python3",
        package: Package::Named("python3"),
        why: "runs the clients and judges that are written in Python",
        present: on_path,
        needed: true,
    },
    Tool {
        program: "xmllint",
        package: Package::Named("libxml2-utils"),
        why: "canonicalises and validates XML with libxml2",
        present: on_path,
        needed: true,
    },
    Tool {
        program: "chromium",
        package: Package::Named("chromium"),
        why: "judges the pages as people see them",
        present: on_path,
        needed: false,
    },
    Tool {
        program: "Noto Sans",
        package: Package::Named("fonts-noto-core"),
        why: "has the letters of every language of the pages",
        present: |_| std::path::Path::new("/usr/share/fonts/truetype/noto").is_dir(),
        needed: false,
    },
    Tool {
        program: "node",
        package: Package::Named("nodejs"),
        why: "drives the browser",
        present: on_path,
        needed: false,
    },
    Tool {
        program: "npm",
        package: Package::Named("npm"),
        why: "installs what drives the browser",
        present: on_path,
        needed: false,
    },
];

/// The oldest Java whose answer counts.
const OLDEST_JAVA: u32 = 17;

/// Installs what is missing. The answer is `false` when that needs rights which this user does not have.
pub(super) fn provide(tally: &mut Tally) -> bool {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.present)(tool.program)).collect();
    if missing.is_empty() {
        println!("all {} programs are here", TOOLS.len());
        return true;
    }
    for tool in &missing {
        println!("missing: {} ({})", tool.program, tool.why);
    }
    let installs = shell::on_path("apt-get").is_some() && is_root();
    if !installs && missing.iter().all(|tool| !tool.needed) {
        println!("the tests do without; the checks that want them are skipped");
        return true;
    }
    if shell::on_path("apt-get").is_none() {
        println!("There is no apt-get here: install these programs in the way of this system, then run this again.");
        tally.fail("tools: programs are missing");
        return false;
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package.name()).collect();
    let install = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    if !is_root() {
        println!("Run this line, then this again:\n    sudo sh -c 'apt-get update && {install}'");
        tally.fail("tools: programs are missing");
        return false;
    }
    println!("{install}");
    apt(&["update"]);
    // The lists are fresh now: which Java is new enough is asked again.
    // Each alone: a package that this system does not have keeps no other one away.
    for tool in missing {
        apt(&["install", "--yes", "--no-install-recommends", tool.package.name()]);
        match ((tool.present)(tool.program), tool.needed) {
            (true, _) => println!("installed: {}", tool.program),
            (false, true) => tally.fail(format!("tools: {} could not be installed", tool.program)),
            (false, false) => println!("not installed: {}; the check that wants it is skipped", tool.program),
        }
    }
    true
}

impl Package {
    fn name(&self) -> &'static str {
        match self {
            Self::Named(name) => name,
            Self::Java => java_package(candidate_version),
        }
    }
}

fn apt(arguments: &[&str]) {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet=2", "-o", "Dpkg::Use-Pty=0"]);
    // Whether it worked is seen by the presence of the programs.
    if let Err(error) = shell::relay(&mut command, |_| true) {
        println!("apt-get did not start: {}", shell::chain(&error));
    }
}

fn on_path(program: &str) -> bool {
    shell::on_path(program).is_some()
}

fn is_root() -> bool {
    shell::quietly(Command::new("id").arg("-u")).is_ok_and(|done| done.output.trim() == "0")
}

/// Java that is new enough and can run a single source file, for which it needs its compiler.
fn usable_java() -> bool {
    let answers = |argument: &str| shell::quietly(Command::new("java").arg(argument)).ok().filter(|done| done.success);
    let new_enough =
        answers("-version").and_then(|done| java_major(&done.output)).is_some_and(|major| major >= OLDEST_JAVA);
    new_enough && answers("--list-modules").is_some_and(|done| done.output.contains("jdk.compiler"))
}

/// The feature release from `java -version`: 8 for `"1.8.0_402"`, 17 for `"17.0.15"`, 25 for `"25-ea"`.
fn java_major(answer: &str) -> Option<u32> {
    let version = answer.split('"').nth(1)?;
    let mut numbers = version.split(['.', '-', '_', '+']).map(str::parse::<u32>);
    match numbers.next()?.ok()? {
        1 => numbers.next()?.ok(),
        major => Some(major),
    }
}

/// The default Java of the release where that is new enough (Debian 12 and later), else a named one.
fn java_package(candidate: impl Fn(&str) -> Option<String>) -> &'static str {
    // The default package has a version such as `2:1.17-74`.
    let default = candidate("default-jdk-headless");
    let major =
        default.as_deref().and_then(|v| v.split_once("1.")).and_then(|(_, rest)| rest.split('-').next()?.parse().ok());
    if major.is_none_or(|major: u32| major >= OLDEST_JAVA) {
        return "default-jdk-headless";
    }
    let named = ["openjdk-21-jdk-headless", "openjdk-17-jdk-headless"];
    named.into_iter().find(|package| candidate(package).is_some()).unwrap_or("default-jdk-headless")
}

fn candidate_version(package: &str) -> Option<String> {
    let answer = shell::quietly(Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C")).ok()?;
    let version = answer.output.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?.to_owned();
    (version != "(none)").then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_feature_release_of_java() {
        assert_eq!(java_major("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(java_major("java version \"1.8.0_402\""), Some(8));
        assert_eq!(java_major("openjdk version \"25-ea\" 2025-09-16"), Some(25));
        assert_eq!(java_major("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(java_major("command not found"), None);
    }

    #[test]
    fn takes_the_first_java_that_is_new_enough() {
        let debian_12 = |package: &str| (package == "default-jdk-headless").then(|| "2:1.17-74".to_owned());
        assert_eq!(java_package(debian_12), "default-jdk-headless");
        let ubuntu_22 =
            |package: &str| Some(if package.starts_with("default") { "2:1.11-72build2" } else { "21.0.5" }.to_owned());
        assert_eq!(java_package(ubuntu_22), "openjdk-21-jdk-headless");
        assert_eq!(java_package(|_| None), "default-jdk-headless", "unknown lists: apt says what is wrong");
    }

    #[test]
    fn every_program_is_named_once_with_a_reason() {
        for (i, tool) in TOOLS.iter().enumerate() {
            assert!(!tool.why.is_empty(), "{}", tool.program);
            assert!(TOOLS.iter().skip(i + 1).all(|other| other.program != tool.program), "{}", tool.program);
        }
    }
}
