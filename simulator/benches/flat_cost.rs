//! The cost of a request does not grow with the number of requests before it.
//!
//! Starts the program, sends verified requests over eight connections, and prints for each tenth of them the
//! program's own CPU time per request, relative to the first tenth, and its memory. Reads `/proc`, so Linux only.
//!
//! `cargo bench -p aliyun-ecs-simulator` sends 1,000,000 requests; `-- N` sends another number. It fails if the last
//! tenth costs more than 1.5 times the first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a bench reads clocks and stops at the first error"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const CONNECTIONS: u64 = 8;
const TENTHS: u64 = 10;

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let total: u64 = numbers.next().unwrap_or(1_000_000);
    let mut program = Command::new(env!("CARGO_BIN_EXE_aliyun-ecs-simulator"))
        .args(["--port", "0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = program.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let after = line.split("\"endpoint\":\"http://").nth(1).unwrap();
    let address = after.split('"').next().unwrap().to_owned();
    let pid = program.id();

    println!("requests   CPU per request   relative   memory");
    let mut first = 0.0;
    let mut last = 0.0;
    for tenth in 1..=TENTHS {
        let before = cpu_ticks(pid);
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let address = address.clone();
                let count = total / TENTHS / CONNECTIONS;
                thread::spawn(move || client(&address, &format!("{tenth}-{number}"), count))
            })
            .collect();
        clients
            .into_iter()
            .for_each(|client| client.join().unwrap());
        let ticks = cpu_ticks(pid) - before;
        let requests = total / TENTHS / CONNECTIONS * CONNECTIONS;
        // A tick is 10 ms.
        last = ticks as f64 * 10_000.0 / requests as f64;
        if tenth == 1 {
            first = last;
        }
        let (sum, ratio) = (tenth * requests, last / first);
        println!(
            "{sum:8}   {last:12.1} us   {ratio:8.2}   {} MiB",
            memory_mib(pid)
        );
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(last <= first * 1.5, "the cost of a request grew");
}

/// User and system time of a process.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn memory_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

/// Sends signed requests on one connection.
fn client(address: &str, prefix: &str, count: u64) {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    for number in 0..count {
        let query = signed(&format!("{prefix}-{number}"));
        let request = format!("GET /?{query} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        receive(&mut reader);
    }
}

fn receive(reader: &mut impl BufRead) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
}

/// The query of a status request, signed with signature version 1.
fn signed(nonce: &str) -> String {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let timestamp = timestamp(seconds);
    let query = format!(
        "AccessKeyId=simulator-access-key-id&Action=DescribeInstanceStatus&Format=JSON&InstanceId.1=i-running\
         &RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1&SignatureNonce={nonce}&SignatureVersion=1.0\
         &Timestamp={}&Version=2014-05-26",
        encoded(&timestamp)
    );
    let mac = Hmac::<Sha1>::new_from_slice(b"simulator-access-key-secret&").unwrap();
    let to_sign = format!("GET&%2F&{}", encoded(&query));
    let signature = STANDARD.encode(mac.chain_update(to_sign).finalize().into_bytes());
    format!("{query}&Signature={}", encoded(&signature))
}

/// The UTC time of a Unix time, by the civil calendar.
fn timestamp(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z",
        second % 60
    )
}

fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match keep(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
