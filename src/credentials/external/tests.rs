//! Tests with real child processes.

use super::*;
use crate::credentials::testing::{ManualClock, config};

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    use std::task::{Context, Poll, Waker};

    let provider = ExternalProvider::new("/bin/sh", ["-c", "exit"]).with_config(config(
        [("", "")],
        &ManualClock::default(),
        "",
    ));
    let mut future = provider.provide_credentials();
    let response = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(response, Poll::Ready(Err(_))), "{response:?}");
}

#[cfg(unix)]
mod children {
    use std::process::Stdio;

    use super::*;
    use crate::credentials::testing::Folder;
    use crate::error::CredentialsErrorKind;

    /// Runs `script` by `/bin/sh`, with the folder as its first argument.
    fn provider(folder: &Folder, script: &str, clock: &ManualClock) -> ExternalProvider {
        let script = folder.write("keys.sh", script);
        let arguments = [script.as_os_str(), folder.path().as_os_str()];
        ExternalProvider::new("/bin/sh", arguments).with_config(config([("", "")], clock, ""))
    }

    const KEYS: &str =
        r#"{"mode":"AK","access_key_id":"ext","access_key_secret":"s","sts_token":""}"#;

    #[tokio::test]
    async fn credentials_are_read_from_standard_output() {
        let folder = Folder::new();
        let script = format!("cat >\"$1/stdin\"\necho '{KEYS}'\n");
        let provider = provider(&folder, &script, &ManualClock::default());
        let credentials = provider.load().await.unwrap();
        assert_eq!(credentials.access_key_id(), "ext");
        assert_eq!(credentials.security_token(), None);
        let stdin = std::fs::read(folder.path().join("stdin")).unwrap();
        assert!(stdin.is_empty(), "the program gets no standard input");
    }

    #[tokio::test]
    async fn arguments_are_passed_without_expansion() {
        let folder = Folder::new();
        let script = folder.write("args.sh", "printf '%s\\n' \"$@\" >\"$0.out\"\nexit 1\n");
        let command = format!(
            "/bin/sh '{}' $HOME '*' \"a  b\" ~ \\\n c\\ d",
            script.display()
        );
        let provider = ExternalProvider::from_command(&command)
            .unwrap()
            .with_config(config([("", "")], &ManualClock::default(), ""));
        assert!(provider.load().await.is_err());
        let seen = std::fs::read_to_string(format!("{}.out", script.display())).unwrap();
        assert_eq!(seen, "$HOME\n*\na  b\n~\nc d\n");
    }

    #[tokio::test]
    async fn unlimited_output_is_an_error() {
        let folder = Folder::new();
        let script = "while :; do echo 0123456789012345678901234567890123456789; done\n";
        let provider = provider(&folder, script, &ManualClock::default());
        let error = provider.load().await.unwrap_err();
        assert!(error.to_string().contains("more than 1 MiB"), "{error}");
    }

    #[tokio::test]
    async fn large_output_just_before_the_exit_is_read_in_full() {
        let folder = Folder::new();
        let script = format!("printf '%60000s' ''\necho '{KEYS}'\n");
        for _ in 0..20 {
            let provider = provider(&folder, &script, &ManualClock::default());
            assert_eq!(provider.load().await.unwrap().access_key_id(), "ext");
        }
    }

    /// The timeout never expires, so the exit of the program must end the wait.
    #[tokio::test]
    async fn a_grandchild_that_keeps_the_pipe_open_is_killed_and_not_waited_for() {
        let folder = Folder::new();
        let script = format!(
            "sh -c 'echo $$ >\"$0/pid\"; while :; do sleep 1; done' \"$1\" &\n\
             while ! [ -s \"$1/pid\" ]; do :; done\necho '{KEYS}'\n"
        );
        let provider = provider(&folder, &script, &ManualClock::default());
        assert_eq!(provider.load().await.unwrap().access_key_id(), "ext");
        has_ended(&folder).await;
    }

    #[tokio::test]
    async fn a_daemon_that_left_the_process_group_is_not_waited_for() {
        let folder = Folder::new();
        let script = format!(
            "setsid sh -c 'echo $$ >\"$0/pid\"; exec sleep 1000' \"$1\" &\n\
             while ! [ -s \"$1/pid\" ]; do :; done\necho '{KEYS}'\n"
        );
        let provider = provider(&folder, &script, &ManualClock::default());
        assert_eq!(provider.load().await.unwrap().access_key_id(), "ext");
        let pid = pid(&folder).await.unwrap();
        let kill = Command::new("/bin/sh")
            .args(["-c", &format!("kill -9 {pid}")])
            .status();
        assert!(kill.await.unwrap().success(), "it still ran");
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed() {
        let folder = Folder::new();
        let script = "echo $$ >\"$1/pid\"\nwhile :; do :; done\n";
        let provider = provider(&folder, script, &ManualClock::impatient());
        let error = provider.load().await.unwrap_err();
        assert_eq!(error.kind(), CredentialsErrorKind::Timeout);
        assert!(error.to_string().contains("within 60s"), "{error}");
        has_ended(&folder).await;
    }

    #[tokio::test]
    async fn a_dropped_future_kills_the_program_and_its_children() {
        let folder = Folder::new();
        let script = "sh -c 'echo $$ >\"$0/pid\"; while :; do sleep 1; done' \"$1\"\necho\n";
        let provider = provider(&folder, script, &ManualClock::default());
        let task = tokio::spawn(async move { provider.load().await });
        pid(&folder).await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        has_ended(&folder).await;
    }

    /// The process id that the script wrote, once it has started.
    async fn pid(folder: &Folder) -> Option<String> {
        for _ in 0..2_000 {
            match std::fs::read_to_string(folder.path().join("pid")) {
                Ok(pid) if pid.ends_with('\n') => return Some(pid.trim().to_owned()),
                _ => pause().await,
            }
        }
        None
    }

    /// Waits until the process of that id has ended; it may have been killed before it wrote its id.
    async fn has_ended(folder: &Folder) {
        let file = folder.path().join("pid");
        let Ok(pid) = std::fs::read_to_string(file) else {
            return;
        };
        for _ in 0..2_000 {
            // A zombie has ended, even if no process has waited for it.
            let state = Command::new("ps")
                .args(["-o", "stat=", "-p", pid.trim()])
                .stderr(Stdio::null())
                .output();
            let state = state.await.unwrap().stdout;
            if pid.trim().is_empty() || state.is_empty() || state.starts_with(b"Z") {
                return;
            }
            pause().await;
        }
        panic!("process {pid} still runs");
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "other processes do not use the test's clock"
    )]
    async fn pause() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
