//! Where to look for a configuration, and in which order (wire.md §8.2).

use std::collections::BTreeSet;

use simpul_core::ident::Instance;
use simpul_wire::gconf::{Anchor, SharedParams};

use super::super::location::{Location, directory_name};

/// Which instances a node federates with, among those that its own instance does (§8.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum AllowedFederations {
    /// None.
    #[default]
    None,
    /// All of them.
    All,
    /// Those in the list, compared without regard to ASCII case as X-Road compares them.
    Only(BTreeSet<String>),
}

impl AllowedFederations {
    /// Reads X-Road's setting: `none`, `all`, or instances separated by commas. `none` anywhere means none; else `all`
    /// anywhere means all; case does not matter. Nothing at all means none.
    #[must_use]
    pub fn from_setting(text: &str) -> Self {
        let words: BTreeSet<String> =
            text.split(',').map(|w| w.trim().to_ascii_lowercase()).filter(|w| !w.is_empty()).collect();
        if words.is_empty() || words.contains("none") {
            Self::None
        } else if words.contains("all") {
            Self::All
        } else {
            Self::Only(words)
        }
    }

    /// Whether an instance may be fetched.
    #[must_use]
    pub fn allows(&self, instance: &Instance) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(words) => words.contains(&instance.as_str().to_ascii_lowercase()),
        }
    }
}

/// The locations of an instance: those of its stored shared parameters, then those of its anchors.
///
/// Of each group, the `https` twins of all `http` locations come first, then the `http` locations, each in an order
/// that follows from the seed (§8.2). X-Road drops locations that are `https` themselves, so that an anchor with only
/// such URLs leads nowhere; here they are tried last. The preferred location is moved to the front. None stands twice.
pub(super) fn in_order(
    instance: &Instance,
    stored: Option<&SharedParams>,
    anchors: &[Anchor],
    prefer: Option<&str>,
    seed: u64,
) -> Vec<Location> {
    let anchored: Vec<Location> = anchors.iter().flat_map(Location::of_anchor).collect();
    let name = anchored.first().map(|l| directory_name(&l.url)).unwrap_or_default();
    let stored: Vec<Location> = stored.map(|p| sources(instance, p, name)).unwrap_or_default();
    let mut random = Random(seed);
    let mut all = Vec::new();
    for group in [&stored, &anchored] {
        let mut plain: Vec<Location> = group.iter().filter(|l| !l.url.starts_with("https")).cloned().collect();
        let twin = |l: &Location| Some(Location { url: format!("https{}", l.url.strip_prefix("http")?), ..l.clone() });
        let mut twins: Vec<Location> = plain.iter().filter_map(twin).collect();
        random.shuffle(&mut plain);
        random.shuffle(&mut twins);
        all.extend(twins.into_iter().chain(plain));
    }
    let secure = anchored.iter().filter(|l| l.url.starts_with("https")).cloned();
    all.extend(secure);
    let mut seen = Vec::new();
    all.retain(|l| {
        let new = !seen.contains(l);
        if new {
            seen.push(l.clone());
        }
        new
    });
    all.sort_by_key(|l| prefer != Some(l.url.as_str()));
    all
}

/// The locations that shared parameters name, over plain HTTP; their twins are made with the others.
fn sources(instance: &Instance, params: &SharedParams, name: &str) -> Vec<Location> {
    let location = |s: &simpul_wire::gconf::shared::ConfSource| {
        let (internal, external) = (s.internal_certificates.iter(), s.external_certificates.iter());
        let certificates: Vec<Vec<u8>> = match name {
            "internalconf" => internal.cloned().collect(),
            "externalconf" => external.cloned().collect(),
            _ => internal.chain(external).cloned().collect(),
        };
        Location { instance: instance.clone(), url: format!("http://{}/{name}", s.address), certificates }
    };
    params.sources.iter().filter(|s| !s.address.trim().is_empty()).map(location).collect()
}

/// SplitMix64: enough to spread load over central servers, and the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let below = u64::try_from(last + 1).unwrap_or(1);
            let pick = usize::try_from(self.next() % below).unwrap_or(0);
            list.swap(last, pick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_wire::gconf::AnchorSource;
    use simpul_wire::gconf::shared::ConfSource;
    use std::time::Duration;

    fn anchor(urls: &[&str]) -> Anchor {
        let source = |url: &&str| AnchorSource { url: (*url).to_owned(), certificates: vec![vec![1]] };
        Anchor { generated_at: None, instance: "ID".parse().unwrap(), sources: urls.iter().map(source).collect() }
    }

    fn params(addresses: &[&str]) -> SharedParams {
        let source = |a: &&str| ConfSource {
            address: (*a).to_owned(),
            internal_certificates: vec![vec![2]],
            external_certificates: vec![vec![3]],
        };
        SharedParams {
            instance: "ID".parse().unwrap(),
            sources: addresses.iter().map(source).collect(),
            approved_cas: Vec::new(),
            approved_tsas: Vec::new(),
            members: Vec::new(),
            servers: Vec::new(),
            groups: Vec::new(),
            member_classes: Vec::new(),
            ocsp_freshness: Duration::ZERO,
        }
    }

    fn urls(stored: Option<&SharedParams>, anchor: &Anchor, prefer: Option<&str>, seed: u64) -> Vec<String> {
        let instance = "ID".parse().unwrap();
        let all = in_order(&instance, stored, std::slice::from_ref(anchor), prefer, seed);
        all.into_iter().map(|l| l.url).collect()
    }

    /// wire.md §8.2: stored sources before the anchor, https twins before http.
    #[test]
    fn stored_sources_come_first_and_https_before_http() {
        let anchor = anchor(&["http://a/internalconf", "https://a/internalconf"]);
        let expected =
            ["https://s/internalconf", "http://s/internalconf", "https://a/internalconf", "http://a/internalconf"];
        assert_eq!(urls(Some(&params(&["s", " "])), &anchor, None, 7), expected);
        assert_eq!(urls(None, &anchor, None, 7), expected[2..]);
        assert_eq!(urls(None, &anchor, Some("http://a/internalconf"), 7), [expected[3], expected[2]]);
    }

    #[test]
    fn an_anchor_with_only_https_still_leads_somewhere() {
        assert_eq!(urls(None, &anchor(&["https://a/internalconf"]), None, 7), ["https://a/internalconf"]);
    }

    #[test]
    fn certificates_are_those_of_the_side() {
        let of = |url: &str| {
            let instance = "ID".parse().unwrap();
            let all = in_order(&instance, Some(&params(&["s"])), &[anchor(&[url])], None, 0);
            all.into_iter().find(|l| l.url.starts_with("http://s/")).unwrap().certificates
        };
        assert_eq!(of("http://a/internalconf"), [[2]]);
        assert_eq!(of("http://a/externalconf"), [[3]]);
        assert_eq!(of("http://a/conf"), [[2], [3]]);
    }

    #[test]
    fn the_seed_decides_the_order_and_loses_nothing() {
        let many: Vec<String> = (0..8).map(|n| format!("http://a{n}/internalconf")).collect();
        let anchor = anchor(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let first = urls(None, &anchor, None, 1);
        assert_eq!(first, urls(None, &anchor, None, 1));
        assert_ne!(first, urls(None, &anchor, None, 2));
        let mut plain: Vec<_> = first.iter().filter(|u| !u.starts_with("https")).cloned().collect();
        plain.sort();
        assert_eq!(plain, many);
        assert!(first[..8].iter().all(|u| u.starts_with("https://")));
    }

    /// wire.md §8.2: default none.
    #[test]
    fn the_setting_is_read_as_x_road_reads_it() {
        let allows = |setting: &str, instance: &str| {
            AllowedFederations::from_setting(setting).allows(&instance.parse().unwrap())
        };
        assert!(!allows("", "MY") && !allows("none", "MY") && !allows("NONE, all", "MY") && !allows("MY,None", "MY"));
        assert!(allows("all", "MY") && allows("x, ALL", "MY"));
        assert!(allows("my , SG", "MY") && allows("my , SG", "sg") && !allows("my , SG", "TH"));
        assert!(!AllowedFederations::default().allows(&"MY".parse().unwrap()));
    }
}
