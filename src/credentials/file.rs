//! Small files of the user: read whole, bounded, and looked at for too wide permissions.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::provider_config::ProviderConfig;

/// Larger files are refused: the real ones have a few thousand bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// Why a file cannot be used; says nothing of its content.
#[derive(Debug)]
pub(super) enum Problem {
    /// There is no such file.
    Absent,
    /// It exists, but.
    Unusable(String),
}

/// A text file with secrets; warns once if others than its owner can read it.
pub(super) fn read_private(
    config: &ProviderConfig,
    path: &Path,
) -> Result<Zeroizing<String>, Problem> {
    let (text, metadata) = read_with_metadata(path)?;
    if is_readable_by_others(&metadata) && config.warns_first(path) {
        tracing::warn!(
            file = %path.display(),
            "a file with credentials can be read by other users of this machine: `chmod 600` it"
        );
    }
    Ok(text)
}

/// A text file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Problem> {
    read_with_metadata(path).map(|(text, _)| text)
}

fn read_with_metadata(path: &Path) -> Result<(Zeroizing<String>, Metadata), Problem> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Problem::Absent,
        io::ErrorKind::InvalidData => Problem::Unusable("is not UTF-8 text".into()),
        kind => Problem::Unusable(format!("cannot be read: {kind}")),
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Problem::Unusable("is not a file".into()));
    }
    // Room for all of it at once: a growing buffer would leave copies of secrets behind.
    let size = metadata.len().min(MAX_SIZE);
    let mut text = Zeroizing::new(String::with_capacity(
        usize::try_from(size).unwrap_or(0) + 1,
    ));
    File::open(path)
        .and_then(|file| file.take(MAX_SIZE + 1).read_to_string(&mut text))
        .map_err(unreadable)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(Problem::Unusable("is larger than 1 MiB".into()));
    }
    Ok((text, metadata))
}

#[cfg(unix)]
fn is_readable_by_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;

    metadata.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::testing::{Folder, Log, ManualClock, config};

    #[test]
    fn only_files_of_text_up_to_one_mebibyte_are_read() {
        let folder = Folder::new();
        let problem = |path: &Path| match read(path) {
            Err(Problem::Unusable(problem)) => problem,
            other => panic!("{other:?}"),
        };
        let whole = folder.write("whole", &"x".repeat(1024 * 1024));
        assert_eq!(read(&whole).unwrap().len(), 1024 * 1024);
        let large = folder.write("large", &"x".repeat(1024 * 1024 + 1));
        assert_eq!(problem(&large), "is larger than 1 MiB");
        assert_eq!(problem(folder.path()), "is not a file");
        fs::write(&whole, b"\xFF\xFE").unwrap();
        assert_eq!(problem(&whole), "is not UTF-8 text");
        assert!(matches!(read(&large.join("x")), Err(Problem::Absent)));
        assert!(matches!(
            read(Path::new("/no/such/file")),
            Err(Problem::Absent)
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_warned_of_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let config = config([("", "")], &ManualClock::default(), "");
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            for (name, mode) in [("mine", 0o600), ("group", 0o640), ("world", 0o604)] {
                let path = folder.write(name, "SECRET");
                fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
                for _ in 0..3 {
                    read_private(&config, &path).unwrap();
                }
            }
        });
        let log = log.text();
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.contains("/group") && log.contains("/world"), "{log}");
        assert!(
            log.contains("chmod 600") && !log.contains("SECRET"),
            "{log}"
        );
    }
}
