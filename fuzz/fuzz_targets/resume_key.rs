#![no_main]

use aliyun_ecs::Resize;
use aliyun_ecs::resize::ResumeKey;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|text: &str| {
    read(text);
    // With the correct checksum, which no mutation would find.
    if let [head @ .., _, token] = &text.splitn(8, '/').collect::<Vec<_>>()[..] {
        let head = head.join("/");
        let hash = Sha256::digest(format!("{head}/{token}"));
        let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]];
        read(&format!("{head}/{a:02x}{b:02x}{c:02x}{d:02x}/{token}"));
    }
});

fn read(text: &str) {
    match text.parse::<ResumeKey>() {
        Ok(key) => {
            let printed = key.to_string();
            assert_eq!(printed.parse::<ResumeKey>().as_ref(), Ok(&key));
            let resumed = Resize::resume(key.clone()).build().unwrap();
            assert_eq!(resumed.resume_key(), Some(&key));
        }
        Err(error) => aliyun_ecs_fuzz::one_line(&error),
    }
}
