// Reads numbers from stdin, hashes them, and uses promises, a file and a module of its own.
const crypto = require('crypto');
const fs = require('fs');
const { mean } = require('./stats.js');

async function main() {
  let text = '';
  for await (const piece of process.stdin) text += piece;
  const numbers = text.trim().split(/\s+/).map(Number);
  console.log('mean', mean(numbers));
  console.log('sorted', [...numbers].sort((a, b) => a - b).join(','));
  console.log('sha', crypto.createHash('sha256').update(text.trim()).digest('hex').slice(0, 8));
  console.log('args', JSON.stringify(process.argv.slice(2)), process.env.TONE);
  fs.writeFileSync('a.txt', 'x'.repeat(1000));
  console.log('size', fs.statSync('a.txt').size);
  const waited = await Promise.all([1, 2, 3].map(async (n) => n * n));
  console.log('squares', waited.join(' '));
}

main();
