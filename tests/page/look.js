"use strict";
// Looks at the page as a person would: `node look.js BASE CHROMIUM`. Takes one JSON command a line, answers with one each.
// {"go": path} opens an address, {"find": css, "text": part} waits for an element, {"press": keys} types, {"report": 1} tells.
// {"heard": css} tells what a screen reader is told of an element: roles and names, as Chromium's accessibility tree has them.
// {"keeps": text} says whether a script finds a text in the address, the cookies, what is stored or what is shown.
const { chromium } = require("playwright-core");
const { createInterface } = require("node:readline");

const PATIENCE_MS = 50000;

async function main(base, executablePath) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const complaints = [];
  const foreign = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => new URL(request.url()).origin === base || foreign.push(request.url()));

  async function obey(command) {
    if (command.go !== undefined) await page.goto(base + command.go);
    if (command.size) await page.setViewportSize({ width: command.size[0], height: command.size[1] });
    if (command.scheme) await page.emulateMedia({ colorScheme: command.scheme });
    if (command.press) for (const key of command.press) await page.keyboard.press(key);
    if (command.click) await page.locator(command.click).first().click();
    if (command.fill) await page.locator(command.fill).fill(command.value);
    if (command.keeps) {
      const places = await page.evaluate(() => [location.href, document.cookie, document.referrer, ...Object.values(localStorage), ...Object.values(sessionStorage), document.documentElement.outerHTML]);
      return { keeps: places.some((each) => each.includes(command.keeps)), cookie: await page.evaluate(() => document.cookie) };
    }
    if (command.shot) await page.screenshot({ path: command.shot });
    if (command.find) {
      const found = page.locator(command.find).filter({ hasText: command.text ?? "" }).first();
      await found.waitFor({ state: command.state ?? "visible", timeout: PATIENCE_MS });
      return { text: await found.innerText(), path: page.url().slice(base.length), title: await page.title() };
    }
    if (command.measure) {
      for (;;) {  // what is drawn anew meanwhile has no style any more
        const found = await page.locator(command.measure).first().evaluate((element) => element.isConnected && ({
          font: parseFloat(getComputedStyle(element).fontSize), outline: getComputedStyle(element).outlineStyle,
          color: getComputedStyle(element).color, wide: document.documentElement.scrollWidth - innerWidth, cut: element.scrollHeight - element.clientHeight,
        }));
        if (found) return found;
      }
    }
    if (command.heard) return { heard: await page.locator(command.heard).first().ariaSnapshot() };
    return { complaints, foreign, images: await page.locator("main img, main script, main iframe").count(), path: page.url().slice(base.length) };
  }

  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await obey(JSON.parse(line)).catch((error) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await browser.close();
}

main(...process.argv.slice(2));
