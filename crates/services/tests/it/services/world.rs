//! An engine over a store in memory, with registers and a payment service that do what a test says.

use std::sync::Arc;
use std::time::Duration;

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;
use simpul_services::application::contract::{FakeGateway, FakeRegisters, MemoryServices, citizen, officer};
use simpul_services::application::{
    Answer, Citizen, Done, Engine, EngineError, EngineParts, Given, Officer, PaymentGateway, Reference, RulingInput,
    Seed, ServicesStore,
};
use simpul_services::catalogue::Catalogue;
use simpul_services::evidence::EvidenceSource;

use super::ground::{DIPLOMA, RESIDENCE, TAX, WHOLE, service};

pub(super) const DIPLOMAS: &str = "MY/GOV/1002/qualifications/diplomas";
pub(super) const PERSONS: &str = "ID/GOV/3202/civil-registry/persons";
pub(super) const WITHHOLDING: &str = "ID/GOV/3203/tax/withholding";

/// A Monday in Jakarta, 10:00.
pub(super) const MONDAY: UnixTime = UnixTime::from_secs(1_795_402_800);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

pub(super) const TWO_DIPLOMAS: &str = r#"{"diplomas": [
    {"number": "LAB-D-00001-1", "title": "Bachelor of Nursing (lab)", "level": 6, "institution": "Lab College of Health",
     "awardedOn": "2015-07-01", "marks": [{"subject": "Theory", "points": 80}],
     "holder": {"id": "LAB-00001", "givenName": "Warga", "familyName": "Satu", "dateOfBirth": "1990-01-02"}},
    {"number": "LAB-D-00001-2", "title": "Master of Public Health (lab)", "level": 7, "institution": "Lab Open University",
     "awardedOn": "2018-07-01", "holder": {"id": "LAB-00001", "givenName": "Warga", "familyName": "Satu", "dateOfBirth": "1990-01-02"}}]}"#;
pub(super) const PERSON: &str = r#"{"id": "LAB-00001", "givenName": "Warga", "familyName": "Satu", "dateOfBirth": "1990-01-02",
    "municipality": "Lab Harbour", "generated": true}"#;
pub(super) const INCOME: &str = r#"{"taxNumber": "0123456789012345", "year": 2026, "employer": "Lab Hospital",
    "gross": 180000000, "withheld": 9000000}"#;

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) store: Arc<dyn ServicesStore>,
    pub(super) registers: Arc<FakeRegisters>,
    pub(super) gateway: Arc<FakeGateway>,
    pub(super) siti: Citizen,
    pub(super) budi: Citizen,
}

impl World {
    pub(super) fn new() -> Self {
        Self::over(Arc::new(MemoryServices::default()))
    }

    pub(super) fn over(store: Arc<dyn ServicesStore>) -> Self {
        let registers = Arc::new(FakeRegisters::default());
        let gateway = Arc::new(FakeGateway::default());
        registers.answer(DIPLOMAS, MONDAY, TWO_DIPLOMAS);
        registers.answer(PERSONS, MONDAY, PERSON);
        registers.answer(WITHHOLDING, MONDAY, INCOME);
        let catalogue = Catalogue::new([DIPLOMA, RESIDENCE, TAX, WHOLE].map(service)).unwrap();
        let engine = Engine::new(EngineParts {
            catalogue: Arc::new(catalogue),
            store: Arc::clone(&store),
            registers: Arc::clone(&registers) as Arc<dyn EvidenceSource>,
            payments: Arc::clone(&gateway) as Arc<dyn PaymentGateway>,
        });
        Self { engine, store, registers, gateway, siti: citizen(1), budi: citizen(2) }
    }

    pub(super) async fn start(&self, service: &str, n: u8) -> Reference {
        let key = format!("start-{n}");
        let started =
            self.engine.citizen(&self.siti).start(&service.parse().unwrap(), None, &key, seed(n), MONDAY).await;
        started.unwrap().application.reference
    }

    pub(super) async fn answer(&self, reference: Reference, question: &str, given: &str) -> Result<Done, EngineError> {
        let given = Given::One(given.to_owned());
        self.engine.citizen(&self.siti).answer(reference, &question.parse().unwrap(), &given, MONDAY).await
    }

    /// A diploma's draft with everything but the declaration.
    pub(super) async fn diploma(&self, n: u8) -> Reference {
        let reference = self.start("diploma-recognition", n).await;
        let desk = self.engine.citizen(&self.siti);
        let evidence = "diplomas".parse().unwrap();
        desk.consent(reference, &evidence, Language::Indonesian, MONDAY).await.unwrap();
        desk.fetch(reference, &evidence, MONDAY).await.unwrap();
        self.answer(reference, "purpose", "study").await.unwrap();
        reference
    }

    /// A diploma's application that the recognition office has.
    pub(super) async fn submitted(&self, n: u8) -> Done {
        let reference = self.diploma(n).await;
        self.engine.citizen(&self.siti).submit(reference, true, "submit", MONDAY).await.unwrap()
    }

    /// The same in its last stage, taken by an officer.
    pub(super) async fn ready(&self, n: u8) -> Done {
        let done = self.submitted(n).await;
        let (reference, ani) = (done.application.reference, ani());
        let desk = self.engine.officer(&ani);
        let done = desk.take(reference, done.application.seq, MONDAY).await.unwrap();
        desk.next_stage(reference, done.application.seq, MONDAY).await.unwrap()
    }

    /// A change of residence with everything but the declaration; `card` is yes or no.
    pub(super) async fn residence(&self, n: u8, card: &str) -> Reference {
        let reference = self.start("residence-change", n).await;
        let desk = self.engine.citizen(&self.siti);
        desk.fetch(reference, &"person".parse().unwrap(), MONDAY).await.unwrap();
        for (question, given) in [("moved-on", "2026-11-01"), ("household", "no"), ("card", card)] {
            self.answer(reference, question, given).await.unwrap();
        }
        let reasons = Given::Many(vec!["work".to_owned()]);
        desk.answer(reference, &"reasons".parse().unwrap(), &reasons, MONDAY).await.unwrap();
        desk.answer(reference, &"new-address".parse().unwrap(), &address(), MONDAY).await.unwrap();
        reference
    }

    /// A tax return with everything but the declaration.
    pub(super) async fn tax(&self, n: u8, family: &str) -> Reference {
        let reference = self.start("tax-return", n).await;
        self.engine.citizen(&self.siti).fetch(reference, &"income".parse().unwrap(), MONDAY).await.unwrap();
        self.answer(reference, "family", family).await.unwrap();
        self.answer(reference, "other-income", "no").await.unwrap();
        reference
    }

    /// A tax return that was sent. Who is single owes Rp2.250.000, so the family is told.
    pub(super) async fn sent(&self, reference: Reference) -> Done {
        self.engine.citizen(&self.siti).submit(reference, true, &format!("submit-{reference}"), MONDAY).await.unwrap()
    }
}

pub(super) fn seed(n: u8) -> Seed {
    Seed([n; 16])
}

pub(super) fn ani() -> Officer {
    officer("ani", "recognition")
}

pub(super) fn bagus() -> Officer {
    officer("bagus", "recognition")
}

pub(super) fn grant() -> RulingInput {
    RulingInput { ground: "equal".parse().unwrap(), reason: None, overrides: Vec::new() }
}

pub(super) fn address() -> Given {
    Given::Address(simpul_services::application::Address {
        street: "Jalan Contoh 1".to_owned(),
        locality: String::new(),
        city: "Kota Contoh".to_owned(),
        province: "Provinsi Contoh".to_owned(),
        postal_code: "10110".to_owned(),
    })
}

pub(super) fn text(answer: &Answer) -> String {
    answer.plain()
}
