//! The five services, and which services each one calls.
//!
//! It owns their names and the order in which they start. Their work is in `handlers/`.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// One of the five services.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
pub enum Service {
    Frontend,
    ApiGateway,
    Auth,
    Data,
    Database,
}

impl Service {
    pub const ALL: [Self; 5] = [
        Self::Frontend,
        Self::ApiGateway,
        Self::Auth,
        Self::Data,
        Self::Database,
    ];

    /// Callees come before their callers, so that a caller knows the addresses of its callees.
    pub const START_ORDER: [Self; 5] = [
        Self::Database,
        Self::Data,
        Self::Auth,
        Self::ApiGateway,
        Self::Frontend,
    ];

    /// The service name of its tracer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frontend => "Frontend",
            Self::ApiGateway => "APIGateway",
            Self::Auth => "AuthService",
            Self::Data => "DataService",
            Self::Database => "Database",
        }
    }

    /// The services that it calls.
    pub const fn callees(self) -> &'static [Self] {
        match self {
            Self::Frontend => &[Self::ApiGateway],
            Self::ApiGateway => &[Self::Auth, Self::Data],
            Self::Data => &[Self::Database],
            Self::Auth | Self::Database => &[],
        }
    }
}

impl fmt::Display for Service {
    /// Writes the name as on the command line, such as `api-gateway`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_possible_value() {
            Some(value) => f.write_str(value.get_name()),
            None => f.write_str(self.name()),
        }
    }
}
