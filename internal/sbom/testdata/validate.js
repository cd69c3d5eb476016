// Validates a document on stdin with CycloneDX's own library; the argument is the version of the format.
const { Validation } = require('@cyclonedx/cyclonedx-library');
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk));
process.stdin.on('end', async () => {
  const validator = new Validation.JsonStrictValidator(process.argv[1]);
  const errors = await validator.validate(Buffer.concat(chunks).toString('utf8'));
  if (errors !== null) {
    console.log(JSON.stringify(errors));
    process.exitCode = 1;
  }
});
