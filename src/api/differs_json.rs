//! What differs, as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::when;
use crate::insight::differs::{Against, Comparison, Difference, Differs, Direction};
use crate::insight::statistics::Share;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffersJson {
    pub compared: ComparedJson,
    /// Why nothing can be said, in words.
    #[schema(required)]
    pub too_few: Option<String>,
    /// Values that were tested, over all of which p-values are corrected.
    pub checked: usize,
    /// The most telling first.
    pub findings: Vec<FindingJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedJson {
    pub failing: u64,
    pub others: u64,
    /// Sessions; `null` where there are none to compare with.
    #[schema(required)]
    pub healthy: Option<u64>,
    pub from: String,
    pub to: String,
    /// Not every event was looked at.
    pub sampled: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingJson {
    #[serde(flatten)]
    pub difference: DifferenceJson,
    /// Values of other keys that the same events have.
    pub alike: Vec<DifferenceJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceJson {
    pub key: String,
    pub label: String,
    pub value: String,
    pub direction: DirectionJson,
    pub failing: ShareJson,
    pub others: ShareJson,
    pub against: AgainstJson,
    /// How many times as frequent; `null`: none of the others has it.
    #[schema(required)]
    pub ratio: Option<f64>,
    pub p_value: f64,
    pub sentence: String,
    /// Finds events with the value.
    #[schema(required)]
    pub query: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ShareJson {
    pub hits: u64,
    pub of: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DirectionJson {
    Over,
    Under,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgainstJson {
    Events,
    Sessions,
    Transactions,
}

impl DiffersJson {
    pub fn of(facts: &Comparison, differs: Differs) -> Self {
        let findings = differs.findings.into_iter().map(|finding| FindingJson {
            difference: DifferenceJson::of(finding.difference),
            alike: finding.alike.into_iter().map(DifferenceJson::of).collect(),
        });
        Self {
            compared: ComparedJson {
                failing: facts.failing,
                others: facts.others,
                healthy: facts.healthy.first().map(|healthy| healthy.of),
                from: when(facts.from),
                to: when(facts.to),
                sampled: facts.sampled,
            },
            too_few: differs.too_few,
            checked: differs.checked,
            findings: findings.collect(),
        }
    }
}

impl DifferenceJson {
    fn of(difference: Difference) -> Self {
        let share = |Share { hits, of }| ShareJson { hits, of };
        Self {
            key: difference.key,
            label: difference.label,
            value: difference.value,
            direction: match difference.direction {
                Direction::Over => DirectionJson::Over,
                Direction::Under => DirectionJson::Under,
            },
            failing: share(difference.failing),
            others: share(difference.others),
            against: match difference.against {
                Against::Events => AgainstJson::Events,
                Against::Sessions => AgainstJson::Sessions,
                Against::Transactions => AgainstJson::Transactions,
            },
            ratio: difference.ratio,
            p_value: difference.p_value,
            sentence: difference.sentence,
            query: difference.query,
        }
    }
}
