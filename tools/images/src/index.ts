/** What the images of our services contain. */
export { writeImageContent, type ImageContent } from './content.ts';
