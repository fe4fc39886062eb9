//! Follows the store's changes and keeps the search index level with them.
