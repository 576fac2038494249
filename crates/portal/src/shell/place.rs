//! The places of the three menus.

use crate::component::Icon;

/// A line of a menu.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The path without its language.
    pub path: &'static str,
    /// Its picture.
    pub icon: Icon,
    /// The key of its words.
    pub text: &'static str,
    /// The key of the group that begins with it, in the menus at the side.
    pub group: Option<&'static str>,
    /// How many things wait there; nothing is shown for 0.
    pub waiting: u32,
}

const fn place(path: &'static str, icon: Icon, text: &'static str) -> Place {
    Place { path, icon, text, group: None, waiting: 0 }
}

impl Place {
    const fn group(self, group: &'static str) -> Self {
        Self { group: Some(group), ..self }
    }

    /// With how many things wait there.
    #[must_use]
    pub const fn waiting(self, waiting: u32) -> Self {
        Self { waiting, ..self }
    }
}

/// What citizens see: five, so that a thumb reaches each.
pub const PORTAL: &[Place] = &[
    place("/", Icon::House, "place-services"),
    place("/cases", Icon::ClipboardList, "place-cases"),
    place("/letters", Icon::Wallet, "place-letters"),
    place("/messages", Icon::MessageSquare, "place-messages"),
    place("/data-trail", Icon::Eye, "place-trail"),
];

/// What officers see.
pub const DESK: &[Place] = &[
    place("/desk", Icon::Inbox, "place-desk"),
    place("/desk/cases", Icon::ClipboardList, "place-desk-cases").group("group-cases"),
    place("/desk/decisions", Icon::Gavel, "place-desk-decisions"),
    place("/desk/search", Icon::Search, "place-desk-search").group("group-persons"),
    place("/desk/messages", Icon::MessageSquare, "place-messages"),
];

/// What operators see.
pub const CONSOLE: &[Place] = &[
    place("/console", Icon::Activity, "place-console"),
    place("/console/members", Icon::Building2, "place-members").group("group-exchange"),
    place("/console/services", Icon::Server, "place-offered"),
    place("/console/access", Icon::KeyRound, "place-access"),
    place("/console/agreements", Icon::Handshake, "place-agreements"),
    place("/console/certificates", Icon::FileBadge, "place-certificates").group("group-trust"),
    place("/console/federation", Icon::Globe, "place-federation"),
    place("/console/messages", Icon::ScrollText, "place-log").group("group-operation"),
    place("/console/traffic", Icon::ChartColumn, "place-traffic"),
    place("/console/diagnostics", Icon::Radio, "place-diagnostics"),
    place("/console/settings", Icon::Settings, "place-settings"),
];
