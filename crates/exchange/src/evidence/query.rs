//! The parameters of an evidence download (wire.md §7.4).

use simpul_core::ClientId;
use simpul_ledger::Direction;
use simpul_wire::rest::id::decode_segment;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// The local party of the exchange.
    pub(super) party: ClientId,
    /// Its message id.
    pub(super) message_id: String,
    /// One side only.
    pub(super) side: Option<Direction>,
    /// The single container, not a zip of all that match; needs a side.
    pub(super) unique: bool,
    /// Stamp now what is not stamped yet.
    pub(super) force: bool,
}

/// Why the parameters cannot be used; the text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryError {
    #[error("Parameter \"{0}\" must be specified.")]
    Missing(&'static str),
    #[error("Parameter \"{0}\" is given twice.")]
    Twice(String),
    #[error("Parameter \"{0}\" is not percent-encoded correctly.")]
    Encoding(String),
    #[error("The client identifier is not correct: {0}")]
    Id(simpul_core::IdError),
    #[error("Parameters \"requestOnly\" and \"responseOnly\" cannot be used at the same time.")]
    BothSides,
    #[error("Parameter \"unique\" not applicable without \"requestOnly\" or \"responseOnly\".")]
    UniqueNeedsSide,
}

impl Query {
    /// Parses `name=value&name…`; unknown parameters are ignored, as X-Road does.
    pub(super) fn parse(query: &str) -> Result<Self, QueryError> {
        let parameters = Parameters::parse(query)?;
        let mut parts = vec![
            parameters.required("xRoadInstance")?,
            parameters.required("memberClass")?,
            parameters.required("memberCode")?,
        ];
        parts.extend(parameters.value("subsystemCode").filter(|s| !s.is_empty()));
        let side = match (parameters.has("requestOnly"), parameters.has("responseOnly")) {
            (true, true) => return Err(QueryError::BothSides),
            (true, false) => Some(Direction::Request),
            (false, true) => Some(Direction::Response),
            (false, false) => None,
        };
        let unique = parameters.has("unique");
        if unique && side.is_none() {
            return Err(QueryError::UniqueNeedsSide);
        }
        Ok(Self {
            party: ClientId::from_parts(&parts).map_err(QueryError::Id)?,
            message_id: parameters.required("queryId")?.to_owned(),
            side,
            unique,
            force: parameters.has("force"),
        })
    }
}

struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn parse(query: &str) -> Result<Self, QueryError> {
        let mut all: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A form's `+` is a space; an id's own plus arrives as %2B.
            let text =
                |s: &str| decode_segment(&s.replace('+', "%20")).map_err(|_| QueryError::Encoding(name.to_owned()));
            let (name, value) = (text(name)?, text(value)?);
            if all.iter().any(|(n, _)| *n == name) {
                return Err(QueryError::Twice(name));
            }
            all.push((name, value));
        }
        Ok(Self(all))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn required(&self, name: &'static str) -> Result<&str, QueryError> {
        self.value(name).filter(|v| !v.is_empty()).ok_or(QueryError::Missing(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTY: &str = "xRoadInstance=ID&memberClass=GOV&memberCode=3201&subsystemCode=man%2Fpower&queryId=a+b%2Bc";

    #[test]
    fn the_parameters_of_the_protocol() {
        let query = Query::parse(&format!("{PARTY}&requestOnly&unique&force=true")).unwrap();
        assert_eq!(query.party.subsystem().map(|s| s.as_str()), Some("man/power"));
        assert_eq!(query.message_id, "a b+c");
        assert_eq!((query.side, query.unique, query.force), (Some(Direction::Request), true, true));
        let all = Query::parse("xRoadInstance=ID&memberClass=GOV&memberCode=3201&queryId=1").unwrap();
        assert_eq!((all.side, all.unique, all.force), (None, false, false));
        assert_eq!(all.party.subsystem(), None);
    }

    /// wire.md §7.4: 400 for bad parameters.
    #[test]
    fn wrong_combinations_are_told_apart() {
        let table = [
            (format!("{PARTY}&requestOnly&responseOnly"), QueryError::BothSides),
            (format!("{PARTY}&unique"), QueryError::UniqueNeedsSide),
            (format!("{PARTY}&queryId=2"), QueryError::Twice("queryId".to_owned())),
            (PARTY.replace("queryId", "query"), QueryError::Missing("queryId")),
            (PARTY.replace("memberClass=GOV", "memberClass="), QueryError::Missing("memberClass")),
            (PARTY.replace("%2F", "%2"), QueryError::Encoding("subsystemCode".to_owned())),
        ];
        for (query, error) in table {
            assert_eq!(Query::parse(&query), Err(error), "{query}");
        }
    }
}
