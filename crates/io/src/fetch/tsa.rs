//! Timestamps from the authorities of the global configuration (wire.md §6.1).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::limits;
use simpul_exchange::ports::{ConfSource, LinkError};
use simpul_ledger::{AuthorityError, Timestamper};

use super::Fetcher;

/// The time-stamping services of the own instance, in the order of its configuration.
pub struct Tsas {
    conf: Arc<dyn ConfSource>,
    fetcher: Arc<Fetcher>,
}

impl Tsas {
    /// Those that `conf` names when a stamp is asked for.
    #[must_use]
    pub fn new(conf: Arc<dyn ConfSource>, fetcher: Arc<Fetcher>) -> Self {
        Self { conf, fetcher }
    }

    async fn ask(&self, url: &str, query: Bytes) -> Result<Vec<u8>, LinkError> {
        let answer = self.fetcher.post(url, "application/timestamp-query", query, limits::TIMESTAMP_RESPONSE).await?;
        match answer.status {
            200 => Ok(answer.body.into()),
            status => Err(LinkError::Http { from: url.to_owned(), why: format!("HTTP status {status}") }),
        }
    }
}

/// Nobody can be asked.
#[derive(Debug, thiserror::Error)]
#[error("the global configuration names no time-stamping service")]
struct NoAuthority;

#[async_trait]
impl Timestamper for Tsas {
    async fn stamp(&self, query: Vec<u8>) -> Result<Vec<u8>, AuthorityError> {
        let query = Bytes::from(query);
        let urls: Vec<String> = match self.conf.current() {
            Some(conf) => conf.tsa_urls().into_iter().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let mut failure: Box<dyn std::error::Error + Send + Sync> = Box::new(NoAuthority);
        for url in urls {
            match self.ask(&url, query.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => {
                    tracing::warn!(url, error = &error as &dyn std::error::Error, "a time-stamping service failed");
                    failure = Box::new(error);
                }
            }
        }
        Err(AuthorityError(failure))
    }
}
