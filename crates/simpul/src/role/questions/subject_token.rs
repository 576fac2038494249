//! `POST /simpul/subject-token`: a token for `Simpul-Subject`, for information systems without cryptography of their
//! own.

use serde::Deserialize;
use serde_json::json;
use simpul_core::ident::Instance;
use simpul_core::{ClientId, ServiceId};
use simpul_exchange::call::Caller;
use simpul_trust::subject::{Binding, LIFETIME, Subject, seal_subject};

use super::{Meant, QuestionError, Questions, bound_to, declared, key_sets, read};
use crate::config::{some, text};

/// Where it is asked for.
pub(super) const PATH: &str = "/simpul/subject-token";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// For which client of this server.
    #[serde(deserialize_with = "text")]
    client: ClientId,
    /// For a request to which service.
    #[serde(deserialize_with = "text")]
    service: ServiceId,
    /// The identifier of the person.
    subject: String,
    /// The state that gave it; absent, the client's.
    #[serde(default, deserialize_with = "some")]
    home: Option<Instance>,
    /// Absent, the agreement is found; `null` says that none decides.
    #[serde(default)]
    agreement: Meant,
}

impl Questions {
    pub(super) async fn subject_token(&self, body: &[u8], caller: &Caller) -> Result<Vec<u8>, QuestionError> {
        let asked: Asked = read(body)?;
        self.admit(&asked.client, caller)?;
        let subject = Subject::new(asked.subject).map_err(QuestionError::Token)?;
        let agreement = self.agreement(&asked.client, &asked.service, &asked.agreement)?;
        let provider = &asked.service.provider;
        let headers = key_sets::service(provider)
            .map(|keys| declared(&self.ports.agreements.current(), &asked.client, &keys))
            .unwrap_or_default();
        let key = self.sets.current(&asked.client, provider, headers, self.ports.clock.now()).await?;
        let digest = bound_to(agreement.as_ref().map(|cited| &cited.digest));
        let binding = Binding { agreement: &digest, service: &asked.service };
        let home = asked.home.as_ref().unwrap_or_else(|| asked.client.instance());
        let now = self.ports.clock.now();
        let token = seal_subject(&subject, home, &binding, &key, self.nonce(), now).map_err(QuestionError::Token)?;
        let agreement = agreement.map(|cited| json!({ "id": cited.id.as_str(), "digest": cited.digest.to_string() }));
        let told = json!({ "token": token, "expires": now.plus(LIFETIME).to_string(), "agreement": agreement });
        Ok(told.to_string().into_bytes())
    }
}
