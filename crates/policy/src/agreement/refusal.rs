//! Why a call is refused, for machines, for operators, and for the caller's user.

use std::fmt;

use super::decide::Cited;
use super::ident::ClauseId;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $en:literal, $id:literal;)+) => {
        /// Why a call is refused, in the order in which conditions are told: a later one came nearer to being allowed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in logs and policies.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// One sentence in English.
            #[must_use]
            pub fn english(self) -> &'static str {
                match self {
                    $(Self::$name => $en,)+
                }
            }

            /// One sentence in Indonesian.
            #[must_use]
            pub fn indonesian(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

reasons! {
    /// The path cannot be judged.
    Path, "path",
        "The path of the request is not acceptable.",
        "Jalur permintaan tidak dapat diterima.";
    /// A statement of the caller is too long or holds control characters.
    Statement, "statement",
        "A statement of the request is too long or not plain text.",
        "Suatu pernyataan dalam permintaan terlalu panjang atau bukan teks biasa.";
    /// No agreement names this consumer and this service.
    NoAgreement, "no-agreement",
        "No agreement in force allows you to use this service.",
        "Tidak ada perjanjian yang berlaku yang mengizinkan Anda memakai layanan ini.";
    /// The engine could not decide.
    Engine, "engine",
        "The agreement could not be evaluated.",
        "Perjanjian tidak dapat dievaluasi.";
    /// The clause does not name this consumer and this service.
    NotCovered, "not-covered",
        "The clause does not cover you or this service.",
        "Klausul ini tidak mencakup Anda atau layanan ini.";
    /// The agreement is suspended.
    AgreementSuspended, "agreement-suspended",
        "The agreement is suspended.",
        "Perjanjian sedang ditangguhkan.";
    /// The clause is suspended.
    ClauseSuspended, "clause-suspended",
        "The clause of the agreement is suspended.",
        "Klausul perjanjian sedang ditangguhkan.";
    /// The clause is not valid yet.
    NotYetValid, "not-yet-valid",
        "The clause of the agreement is not in force yet.",
        "Klausul perjanjian belum berlaku.";
    /// The clause is no longer valid.
    Expired, "expired",
        "The clause of the agreement has expired.",
        "Klausul perjanjian sudah tidak berlaku.";
    /// The method or path is not covered.
    Endpoint, "endpoint",
        "The agreement does not allow this operation of the service.",
        "Perjanjian tidak mengizinkan operasi layanan ini.";
    /// No purpose was stated.
    PurposeMissing, "purpose-missing",
        "The request states no purpose.",
        "Permintaan tidak menyebutkan tujuan.";
    /// Another purpose was stated.
    Purpose, "purpose",
        "The agreement does not allow this purpose.",
        "Perjanjian tidak mengizinkan tujuan ini.";
    /// No legal basis was stated.
    BasisMissing, "basis-missing",
        "The request states no legal basis.",
        "Permintaan tidak menyebutkan dasar hukum.";
    /// Another legal basis was stated.
    Basis, "basis",
        "The agreement does not name this legal basis.",
        "Perjanjian tidak menyebutkan dasar hukum ini.";
    /// The consent is missing.
    Consent, "consent",
        "The agreement requires a reference to the consent of the person.",
        "Perjanjian mensyaratkan rujukan persetujuan orang yang bersangkutan.";
    /// The token of the person is missing.
    Subject, "subject",
        "The agreement requires the token that names the person.",
        "Perjanjian mensyaratkan token yang menunjuk orang yang bersangkutan.";
    /// The case number is missing.
    Case, "case",
        "The agreement requires a case number.",
        "Perjanjian mensyaratkan nomor perkara.";
    /// Too few persons approved.
    Approvals, "approvals",
        "The agreement requires that more persons approve the request.",
        "Perjanjian mensyaratkan lebih banyak orang menyetujui permintaan ini.";
    /// Handing on is not allowed.
    Onward, "onward",
        "The agreement does not allow the data to be handed on to this recipient.",
        "Perjanjian tidak mengizinkan data diteruskan kepada penerima ini.";
    /// Outside the agreed hours.
    Hours, "hours",
        "The agreement does not allow requests at this time.",
        "Perjanjian tidak mengizinkan permintaan pada waktu ini.";
    /// The agreed volume is used up.
    Volume, "volume",
        "The agreed volume of requests is used up for now.",
        "Jumlah permintaan yang disepakati sudah habis untuk saat ini.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The version of the agreement that came nearest, if any speaks of the consumer and the service.
    pub agreement: Option<Cited>,
    /// Its clause.
    pub clause: Option<ClauseId>,
    /// Why.
    pub reason: Reason,
}

impl Refusal {
    pub(super) fn plain(reason: Reason) -> Self {
        Self { agreement: None, clause: None, reason }
    }

    /// One sentence in English, with agreement and clause.
    #[must_use]
    pub fn english(&self) -> String {
        self.sentence(self.reason.english(), "agreement", "clause")
    }

    /// One sentence in Indonesian, with agreement and clause.
    #[must_use]
    pub fn indonesian(&self) -> String {
        self.sentence(self.reason.indonesian(), "perjanjian", "klausul")
    }

    fn sentence(&self, words: &str, agreement: &str, clause: &str) -> String {
        let words = words.trim_end_matches('.');
        match (&self.agreement, &self.clause) {
            (Some(cited), Some(id)) => format!("{words} ({agreement} {}, {clause} {id}).", cited.id),
            (Some(cited), None) => format!("{words} ({agreement} {}).", cited.id),
            _ => format!("{words}."),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_one_sentence_in_both_languages() {
        let mut codes = std::collections::HashSet::new();
        for reason in Reason::ALL {
            assert!(codes.insert(reason.code()));
            for words in [reason.english(), reason.indonesian()] {
                assert!(words.ends_with('.') && words.matches('.').count() == 1, "{words}");
            }
            assert_ne!(reason.english(), reason.indonesian());
        }
    }
}
