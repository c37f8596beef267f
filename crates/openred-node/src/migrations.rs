//! The steps of a node's database. Add, never repurpose; a newer file than the program is refused by name.

use openred_service::database::Migration;

/// All steps, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "first", sql: include_str!("migrations/001.sql") },
    Migration { version: 2, name: "relays", sql: include_str!("migrations/002.sql") },
    Migration { version: 3, name: "files", sql: include_str!("migrations/003.sql") },
    Migration { version: 4, name: "chats", sql: include_str!("migrations/004.sql") },
    Migration { version: 5, name: "groups", sql: include_str!("migrations/005.sql") },
    Migration { version: 6, name: "talk", sql: include_str!("migrations/006.sql") },
    Migration { version: 7, name: "search", sql: include_str!("migrations/007.sql") },
    Migration { version: 8, name: "circles", sql: include_str!("migrations/008.sql") },
    Migration { version: 9, name: "requests", sql: include_str!("migrations/009.sql") },
    Migration { version: 10, name: "search_posts", sql: include_str!("migrations/010.sql") },
    Migration { version: 11, name: "late", sql: include_str!("migrations/011.sql") },
];
