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

/// The paths, without language, that are mounted: menus, header and footer lead to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// Every one that a menu names: the gallery shows menus as they will be.
    All,
    /// These.
    Only(Vec<&'static str>),
}

impl Mounted {
    /// Whether a path is there.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(paths) => paths.contains(&path),
        }
    }

    /// The places of a menu that are there. What a group begins with passes its heading on when it is not.
    #[must_use]
    pub fn of(&self, menu: &[Place]) -> Vec<Place> {
        let (mut there, mut heading) = (Vec::new(), None);
        for place in menu {
            heading = place.group.or(heading);
            if self.has(place.path) {
                there.push(Place { group: heading.take(), ..*place });
            }
        }
        there
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_leads_only_to_what_is_mounted() {
        let paths = |mounted: &Mounted, menu: &[Place]| mounted.of(menu).iter().map(|p| p.path).collect::<Vec<_>>();
        assert_eq!(paths(&Mounted::All, PORTAL).len(), PORTAL.len());
        assert_eq!(paths(&Mounted::Only(vec!["/data-trail", "/account"]), PORTAL), ["/data-trail"]);
        let offered = Mounted::Only(vec!["/console", "/console/services"]).of(CONSOLE);
        let groups: Vec<_> = offered.iter().map(|place| place.group).collect();
        assert_eq!(groups, [None, Some("group-exchange")], "the heading stays with what is left of its group");
        assert_eq!(Mounted::Only(vec![]).of(DESK).len(), 0);
    }
}
