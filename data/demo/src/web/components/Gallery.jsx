import { useEffect, useRef, useState } from "react";

const BREAKPOINT = 640;

export function Gallery({ images }) {
  const box = useRef(null);
  const [isWide, setIsWide] = useState(false);

  useEffect(() => {
    const observer = new ResizeObserver((entries) => {
      for (const entry of entries) measure(entry);
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  function measure(entry) {
    const width = entry.contentBoxSize[0].inlineSize;
    setIsWide(width > BREAKPOINT);
  }

  return (
    <div ref={box} className={isWide ? "gallery wide" : "gallery"}>
      {images.map((image) => (
        <img key={image.id} src={image.url} alt={image.alt} loading="lazy" />
      ))}
    </div>
  );
}
