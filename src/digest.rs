//! One event's pipeline: scrub → normalize → group → record.

pub mod grouping;
pub mod headline;
pub mod normalize;
pub mod scrub;
