//! The verdict on a piece of evidence, for people.

use super::{Configuration, Facts, Message, Part};
use crate::verdict::{Judgement, Verdict, field, plain};

impl Verdict<Facts> {
    /// The verdict in one line.
    #[must_use]
    pub fn short(&self) -> String {
        match self.verdict {
            Judgement::Valid => {
                format!("valid, trust {}, signed by {}", self.facts.trust, self.facts.signer.as_deref().unwrap_or("?"))
            }
            Judgement::Invalid | Judgement::Unreadable => self.reason.clone().unwrap_or_default(),
        }
    }

    /// The whole verdict.
    #[must_use]
    pub fn report(&self) -> String {
        let facts = &self.facts;
        let mut text = format!("{} (trust: {})\n", self.verdict.word(), facts.trust);
        if !facts.in_question.is_empty() {
            text.push_str(&field("where", &facts.in_question.join(", ")));
        }
        text.push_str(&self.complaint());
        if let Some(message) = &facts.message {
            text.push_str("Who said what to whom\n");
            text.push_str(&message.lines());
        }
        facts.parts.iter().for_each(|part| text.push_str(&part.line()));
        text.push_str(&facts.seal());
        if !facts.configuration.is_empty() {
            text.push_str("Under which configuration\n");
            facts.configuration.iter().for_each(|c| text.push_str(&c.line()));
        }
        if let Some(anchor) = &facts.anchor {
            let lab = if anchor.laboratory { ", a LABORATORY" } else { "" };
            text.push_str(&field("anchor", &format!("of {}{lab}, SHA-224 {}", anchor.instance, anchor.sha224)));
        }
        if let Some(message) = &facts.not_proved {
            text.push_str("What the message says of itself. NOTHING OF THIS IS PROVED, anybody can have written it:\n");
            text.push_str(&message.lines().lines().map(|line| format!("  not proved:{line}\n")).collect::<String>());
        }
        text.push_str(&self.checked());
        text.push_str("This is the result of technical checks. It makes no statement about legal effect.\n");
        text
    }
}

impl Message {
    fn lines(&self) -> String {
        let named = |id: &str, name: &Option<String>| match name {
            Some(name) => format!("{id} (\"{name}\")"),
            None => id.to_owned(),
        };
        let (client, provider) = (named(&self.client, &self.client_name), named(&self.provider, &self.provider_name));
        let (from, to) = if self.kind == "request" { (client, provider) } else { (provider, client) };
        let fields = [
            ("from", from),
            ("to", to),
            (self.kind, self.said.clone()),
            ("service", self.service.clone()),
            ("message id", self.message_id.clone()),
        ];
        let known = fields.iter().map(|(label, text)| field(label, text));
        let agreed = [
            self.declared.as_ref().map(|d| d.lines()),
            self.agreement.as_ref().map(|a| a.lines()),
            self.refusal.as_ref().map(|r| r.lines()),
        ];
        known.chain(agreed.into_iter().flatten()).collect()
    }
}

impl Part {
    fn line(&self) -> String {
        let digest = format!("{} {}", self.digest_algorithm, self.digest);
        let text = match self.octets {
            Some(octets) if self.verified => format!("{}, {octets} octets, unchanged", self.name),
            _ if self.verified => format!("{}, unchanged", self.name),
            _ => format!("{}: NOT IN THE CONTAINER; what was signed has {digest}", self.name),
        };
        field("signed part", &text)
    }
}

impl Facts {
    /// When, and under whose certificate.
    fn seal(&self) -> String {
        let mut text = String::new();
        let authority = self.timestamp_authority.as_deref().unwrap_or("?");
        if let Some(time) = &self.signed_at {
            text.push_str("When\n");
            text.push_str(&field("not later than", time));
            text.push_str(&field("by the clock of", authority));
        }
        if let Some(time) = &self.claimed_signing_time {
            text.push_str(&field("signer claims", &format!("{time} (nobody else confirms it)")));
        }
        if let (Some(signer), Some(certificate)) = (&self.signer, &self.certificate) {
            text.push_str("Under whose certificate\n");
            let validity = format!("from {} until {}", certificate.not_before, certificate.not_after);
            for (label, value) in [
                ("signer", signer),
                ("certificate", &certificate.subject),
                ("issued by", &certificate.issuer),
                ("serial number", &certificate.serial),
                ("valid", &validity),
            ] {
                text.push_str(&field(label, value));
            }
            text.push_str(&field("signed with", self.algorithm.as_deref().unwrap_or("?")));
        }
        text
    }
}

impl Configuration {
    fn line(&self) -> String {
        let text = match (&self.valid_until, self.timestamp_inside) {
            (Some(end), Some(true)) => format!("valid until {end}; the timestamp lies inside"),
            (Some(end), _) => format!("valid until {end}; the timestamp lies OUTSIDE"),
            (None, _) => "does not say until when it is valid".to_owned(),
        };
        field(&plain(&self.instance), &text)
    }
}
