//! Arguments and databases that the program rejects.

use crate::database::Database;
use crate::world::{World, program};

/// What the program prints to standard error, without a service. It must exit with 1.
fn error(database: &Database, queue: &str, arguments: &[&str]) -> String {
    let mut command = program(database.folder(), queue, "http://127.0.0.1:1", arguments);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn the_table_is_missing(database: &Database) {
    for command in ["run", "status", "cancel", "report"] {
        let error = error(database, database.url(), &[command]);
        assert!(error.contains("fleet_jobs"), "{error}");
        assert!(error.contains("; `fleet plan` creates it"), "{error}");
    }
}

#[test]
fn a_database_without_the_table_is_rejected_with_a_hint() {
    let database = Database::sqlite();
    std::fs::write(database.url(), "").unwrap();
    the_table_is_missing(&database);
}

#[cfg(feature = "postgres")]
#[test]
fn a_database_without_the_table_is_rejected_with_a_hint_on_postgres() {
    match Database::postgres() {
        Some(database) => the_table_is_missing(&database),
        None => println!("skipped: PostgreSQL is not installed"),
    }
}

#[test]
fn a_file_that_is_not_a_database_is_rejected() {
    let database = Database::sqlite();
    std::fs::write(database.url(), "a text, which is not a database".repeat(99)).unwrap();
    for command in ["run", "status"] {
        let error = error(&database, database.url(), &[command]);
        assert!(error.contains("file is not a database"), "{error}");
        assert!(!error.contains("`fleet plan` creates it"), "{error}");
    }
}

#[test]
fn cancel_names_the_instances_without_a_resize_and_cancels_the_others() {
    let database = Database::sqlite();
    let world = World::new(&database, 3);
    world.plan();
    let output = world.output(&["cancel", "i-fleet0000", "i-typo", "i-fleet0000", "i-other"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert_eq!(
        printed,
        [
            "1 cancelled before they began\n",
            "error: failed to cancel i-other, i-typo: no resize that has not ended; check the ids\n"
        ]
    );
    assert_eq!(world.open(), 2);
    let output = world.output(&["cancel", "i-fleet0001"]);
    assert_eq!(output.status.code(), Some(0));
    // All: it is no error if there is none.
    assert!(world.output(&["cancel"]).status.success());
    assert!(world.output(&["cancel"]).status.success());
    assert_eq!(world.open(), 0);
}
