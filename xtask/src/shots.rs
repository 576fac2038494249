//! `cargo xtask shots DIR`: a screenshot of every page of the gallery, in both languages, at 1280 and 390 pixels.

use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::gallery::{self, Gallery};
use crate::project::Project;
use crate::shell;

/// Where to write.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder of the pictures; made if it is not there.
    folder: PathBuf,
    /// Languages, with commas between.
    #[arg(long, default_value = "id,en")]
    langs: String,
}

/// Takes them.
pub(crate) fn run(project: &Project, options: &Options) -> ExitCode {
    if let Some(why) = gallery::lacking() {
        println!("no screenshots: {why}");
        return ExitCode::FAILURE;
    }
    match take(project, options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("no screenshots: {}", shell::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn take(project: &Project, options: &Options) -> io::Result<bool> {
    let folder = std::path::absolute(&options.folder)?;
    let installed = shell::quietly(Command::new("npm").args(gallery::INSTALL).current_dir(&project.root))?;
    if !installed.success {
        println!("{}", installed.output.trim());
        return Ok(false);
    }
    let gallery = Gallery::start(project)?;
    let mut node = Command::new("node");
    node.arg("ui-tests/shoot.mjs").args(["--langs", &options.langs, "--sign-in", "/gallery/sign-in"]);
    node.arg(&gallery.base).arg(folder).args(&gallery.paths).current_dir(&project.root);
    Ok(shell::relay(&mut node, |_| true)?.success)
}
