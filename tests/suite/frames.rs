//! Frames of minified files become those of their sources.

mod late;
mod positions;
