//! What clippy says of bodies.

use std::collections::HashMap;

/// Returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn needless_return(value: u32) -> u32 {
    return value;
}

/// Returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn needless_return_fallible(value: u32) -> Result<u32, String> {
    return Ok(value);
}

/// Returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn needless_return_async(value: u32) -> u32 {
    return value;
}

/// Lets and returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn let_and_return(value: u32) -> u32 {
    let result = value + 1;
    result
}

/// Lets and returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn let_and_return_fallible(value: u32) -> Result<u32, String> {
    let result = Ok(value + 1);
    result
}

/// Lets and returns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn let_and_return_async(value: u32) -> u32 {
    let result = value + 1;
    result
}

/// Asks twice.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn question_mark(value: Result<u32, String>) -> Result<u32, String> {
    Ok(value?)
}

/// Asks by hand.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn manual_question_mark(value: Option<u32>) -> Option<u32> {
    if value.is_none() {
        return None;
    }
    let value = match value {
        Some(value) => value,
        None => return None,
    };
    Some(value)
}

/// Never fails.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unnecessary_wraps(value: u32) -> Result<u32, String> {
    Ok(value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
fn private_wraps(value: u32) -> Option<u32> {
    Some(value)
}

/// Has the unit as its error.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unit_error(value: u32) -> Result<u32, ()> {
    private_wraps(value).ok_or(())
}

/// A large error.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn large_error(value: u32) -> Result<u32, [u8; 1_000]> {
    Ok(value)
}

/// Panics and does not say so.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn panics(value: Option<u32>, list: &[u32]) -> Result<u32, String> {
    let value = value.unwrap();
    if value == 3 {
        panic!("three");
    }
    Ok(list[0] + value * 2 - value / 3)
}

/// Prints.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn prints(value: u32) {
    println!("{}", value);
    eprintln!("{}", value);
    dbg!(value);
    print!("\n");
}

/// Converts.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn converts(value: u64, text: &str) -> Result<u32, String> {
    let small = value as u32;
    let signed = value as i64;
    let owned = text.to_string();
    let again = owned.clone().into_boxed_str().into_string();
    let float = value as f32;
    drop(signed as usize);
    Ok(small + again.len() as u32 + float as u32)
}

/// Loops.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn loops(list: &Vec<u32>, map: &HashMap<u32, u32>) -> u32 {
    let mut sum = 0;
    for index in 0..list.len() {
        sum += list[index];
    }
    for (_key, value) in map {
        sum = sum + value;
    }
    for item in list.iter() {
        if *item == 1 {
            continue;
        } else {
            sum += item;
        }
    }
    sum
}

/// Matches.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn matches(value: Option<u32>, flag: bool) -> Result<u32, String> {
    let chosen = match flag {
        true => 1,
        false => 2,
    };
    if value.is_some() {
        if flag == true {
            return Ok(chosen);
        }
    }
    match value {
        Some(one) => Ok(one),
        _ => Ok(chosen),
    }
}

/// Matches.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn matches_async(value: Option<u32>, flag: bool) -> u32 {
    let chosen = match flag {
        true => 1,
        false => 2,
    };
    match value {
        Some(one) => one,
        _ => chosen,
    }
}

/// Is complex.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn complex(a: u32, b: u32) -> Result<u32, String> {
    let mut sum = 0;
    if a == 1 && b == 2 || a == 3 && b == 4 {
        sum += 1;
    }
    for first in 0..a {
        for second in 0..b {
            if first == second {
                if first > 3 {
                    sum += 1;
                } else if second > 4 {
                    sum += 2;
                } else if second > 5 {
                    sum += 2;
                }
            } else if first > second {
                while sum > 10 {
                    sum -= match sum {
                        11 => 1,
                        12 if a > 1 => 2,
                        13 | 14 => 3,
                        _ => 4,
                    };
                }
            }
        }
    }
    Ok(sum)
}

/// Gives a unit.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn units(list: &mut Vec<u32>) -> () {
    let unit = list.push(1);
    drop(unit);
    list.push(2)
}

/// Names.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn names(foo: u32, x: u32, CamelCase: u32, (_y, Z): (u32, u32)) -> Result<u32, String> {
    let Bar = foo;
    let similar = x;
    let simular = x;
    Ok(Bar + similar + simular + CamelCase + Z + _y)
}

/// Names.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn CamelCaseAsync(foo: u32, x: u32, CamelCase: u32, (_y, Z): (u32, u32)) -> u32 {
    let Bar = foo;
    Bar + x + CamelCase + Z + _y
}

/// Strings.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn strings(text: &str) -> String {
    let mut result = String::from("");
    result = result + text;
    result.push_str("a");
    result += &format!("{}", text);
    text[1..].to_owned() + &result
}

/// Strings.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn strings_async(text: &str) -> Result<String, String> {
    let mut result = String::from("");
    result = result + text;
    result.push_str("a");
    result += &format!("{}", text);
    Ok(text[1..].to_owned() + &result)
}

/// Closures.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn closures(values: &[u32]) -> Vec<u32> {
    let double = |value: u32| value * 2;
    values
        .iter()
        .map(|value| double(*value))
        .filter(|value| value.clone() > 1)
        .map(|value| u32::from(value))
        .collect::<Vec<u32>>()
}

/// Is long.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn borrows(mut value: &mut u32, text: &mut String, boxed: Box<u32>) -> Result<(), String> {
    value = value;
    *value += *boxed;
    drop(&text.as_str());
    Ok(())
}
