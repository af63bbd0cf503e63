console.log('before');
process.exitCode = 3;
undefined.field;
