//! The composition root: configuration, engines, workers, HTTP.
