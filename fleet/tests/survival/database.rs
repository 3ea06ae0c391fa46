//! The databases of the tests, each in a separate folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

pub(crate) struct Database {
    folder: PathBuf,
    url: String,
    #[cfg(feature = "postgres")]
    server: Option<postgres::Server>,
}

/// Holds the lock of an SQLite database: no other process reads or writes it.
pub(crate) struct Lock(tokio::runtime::Runtime, Option<SqliteConnection>);

impl Database {
    fn folder_of_test() -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("fleet-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn sqlite() -> Self {
        let folder = Self::folder_of_test();
        Self {
            url: folder.join("fleet #1.db").to_str().unwrap().to_owned(),
            folder,
            #[cfg(feature = "postgres")]
            server: None,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether others can write. With SQLite they cannot while a suspended process is within a write.
    pub(crate) fn is_free(&self) -> bool {
        if self.url.starts_with("postgres") {
            return true;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let options = SqliteConnectOptions::new()
            .filename(&self.url)
            .busy_timeout(Duration::from_secs(1));
        runtime.block_on(async {
            let mut connection = options.connect().await.unwrap();
            let locked = sqlx::query("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await;
            connection.close().await.unwrap();
            locked.is_ok()
        })
    }

    pub(crate) fn lock(&self) -> Lock {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let options = SqliteConnectOptions::new()
            .filename(&self.url)
            .busy_timeout(Duration::from_secs(30));
        let connection = runtime.block_on(async {
            let mut connection = options.connect().await.unwrap();
            sqlx::query("BEGIN EXCLUSIVE")
                .execute(&mut connection)
                .await
                .unwrap();
            connection
        });
        Lock(runtime, Some(connection))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(connection) = self.1.take() {
            self.0.block_on(connection.close()).unwrap();
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        #[cfg(feature = "postgres")]
        drop(self.server.take());
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::net::TcpListener;
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    use super::Database;

    /// A PostgreSQL server on its own port.
    pub(super) struct Server {
        folder: PathBuf,
        port: u16,
        user: Option<(u32, u32)>,
    }

    impl Database {
        /// `None` if PostgreSQL is not installed.
        pub(crate) fn postgres() -> Option<Self> {
            let user = match nix::unistd::geteuid().is_root() {
                // The server does not run as root.
                true => Some((id("-u")?, id("-g")?)),
                false => None,
            };
            let folder = Self::folder_of_test();
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let server = Server {
                folder: folder.join("postgres"),
                port,
                user,
            };
            std::fs::create_dir(&server.folder).unwrap();
            if let Some((user, group)) = user {
                std::os::unix::fs::chown(&server.folder, Some(user), Some(group)).unwrap();
            }
            let data = server.data();
            server.command(
                "initdb",
                &[
                    "-D",
                    &data,
                    "-U",
                    "fleet",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--no-sync",
                ],
            )?;
            let mut database = Self {
                folder,
                url: format!("postgres://fleet@127.0.0.1:{port}/postgres?sslmode=disable"),
                server: Some(server),
            };
            database.start();
            Some(database)
        }

        pub(crate) fn start(&mut self) {
            let server = self.server.as_ref().unwrap();
            let folder = server.folder.to_str().unwrap();
            let options = format!("-h 127.0.0.1 -p {} -k {folder} -F", server.port);
            let log = format!("{folder}/log");
            let started = server.command(
                "pg_ctl",
                &[
                    "-D",
                    &server.data(),
                    "-w",
                    "-l",
                    &log,
                    "-o",
                    &options,
                    "start",
                ],
            );
            assert!(started.unwrap().status.success());
        }

        /// At once, as if the machine had failed.
        pub(crate) fn stop(&mut self) {
            self.server.as_ref().unwrap().stop();
        }
    }

    impl Server {
        fn data(&self) -> String {
            self.folder.join("data").to_str().unwrap().to_owned()
        }

        /// `None` if the program is not installed.
        fn command(&self, program: &str, arguments: &[&str]) -> Option<Output> {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(Path::new("/"));
            if let Some((user, group)) = self.user {
                command.uid(user).gid(group);
            }
            // Not `output`: the server that pg_ctl starts would keep the pipes open.
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            let status = command.status().ok()?;
            Some(Output {
                status,
                stdout: Vec::new(),
                stderr: Vec::new(),
            })
        }

        fn stop(&self) {
            self.command(
                "pg_ctl",
                &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
            );
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.stop();
        }
    }

    /// An id of the user `postgres`.
    fn id(which: &str) -> Option<u32> {
        let output = Command::new("id").args([which, "postgres"]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    }
}
