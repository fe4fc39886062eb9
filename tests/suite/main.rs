//! Everything that needs the real server: real HTTP, real engines, real files. One binary.

#[path = "../support/server.rs"]
mod support;
#[path = "../support/receivers.rs"]
mod receivers;
mod access;
mod alerts;
mod api;
mod authorization;
mod commands;
mod comments;
mod corpus;
mod crash;
mod delivery;
mod demo;
mod differs;
mod docs;
mod evaluation;
mod explain;
mod frames;
mod health;
mod hostile;
mod merging;
mod operations;
mod outbound;
mod patterns;
mod people;
mod protocol;
mod query;
mod releases;
mod reproduction;
mod schema;
mod sdk;
mod search;
mod settings;
mod source_links;
mod spikes;
mod stories;
mod statuses;
mod suspects;
mod timelines;
mod trace_api;
mod traces;
mod triage;
mod upload;
mod verdict;
