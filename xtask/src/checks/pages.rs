//! Every page of the gallery in chromium: what a program can see of accessibility, layout on small screens, the keyboard,
//! the security policy, and what is left without scripts. The judges are axe-core and the browser itself.

use crate::checks::{Check, Context, Outcome};
use crate::gallery::{self, Gallery};
use crate::shell;

pub(super) const CHECK: Check =
    Check { name: "pages", what: "every page of the gallery, by chromium and axe-core (ui-tests)", run };

fn run(context: &Context<'_>) -> Outcome {
    if let Some(why) = gallery::lacking() {
        return Outcome::Skipped(why);
    }
    match context.run("npm", &gallery::INSTALL) {
        Ok(done) if done.success => {}
        // The browser's driver comes from a registry. Where that cannot be reached, nothing is said about the pages.
        Ok(done) => return Outcome::Skipped(format!("npm ci: {}", last(&done.output))),
        Err(error) => return Outcome::Failed(shell::chain(&error)),
    }
    let gallery = match Gallery::start(context.project) {
        Ok(gallery) => gallery,
        Err(error) => return Outcome::Failed(shell::chain(&error)),
    };
    let settings = ["ui-tests/check.mjs", "--langs", "id,en,ar", "--journeys", "gallery", gallery.base.as_str()];
    let arguments: Vec<&str> = settings.into_iter().chain(gallery.paths.iter().map(String::as_str)).collect();
    match context.run("node", &arguments) {
        Ok(done) => {
            println!("pages: {}", last(&done.output));
            if done.success { Outcome::Passed } else { Outcome::Failed(first_failure(&done.output)) }
        }
        Err(error) => Outcome::Failed(shell::chain(&error)),
    }
}

fn last(output: &str) -> &str {
    output.lines().last().unwrap_or("no word")
}

/// What failed first with its reason, and the count.
fn first_failure(output: &str) -> String {
    let mut lines = output.lines().skip_while(|line| !line.starts_with("FAILED"));
    let (name, why) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    format!("{name}: {} ({})", why.trim(), last(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_named_with_its_reason() {
        let output =
            "cold /id: 3 octets\nFAILED /id at 390: axe\n  color-contrast: .btn\nFAILED b\n  c\n7 passed, 2 failed\n";
        assert_eq!(first_failure(output), "FAILED /id at 390: axe: color-contrast: .btn (7 passed, 2 failed)");
    }
}
